import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  CollectionsDocument,
  CollectionsOfPostsInCollectionsDocument,
  ContentInDepthDocument,
  ContentOfPeopleDocument,
  PostsDocument,
  SearchPostsDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { statements } from '../kit/statements.ts';
import { present } from '../kit/unique.ts';

// One of the operations costs 5,251 points.
const app = await startApp({ LIMIT_COST: '0' });
const { client, seed, site } = app;

let owners: Person[];
let authors: Person[];
beforeAll(async () => {
  const people = await Promise.all(Array.from({ length: 60 }, () => seed.user()));
  [owners, authors] = [people.slice(0, 50), people.slice(50)];
  const uuidsOf = (some: readonly Person[]) => some.map(({ id }) => parseId(id).uuid);
  // Each of fifty people keeps six of the hundred posts of ten others; each post is in three collections.
  await site.sql(
    `with written as (
       insert into post (author_id, title, body)
       select id, 'word ' || n, 'body' from unnest($1::uuid[]) as author(id), generate_series(1, 10) n
       returning id
     ), kept as (
       insert into collection (owner_id, name) select id, 'collection' from unnest($2::uuid[]) as owner(id)
       returning id
     )
     insert into collection_post (collection_id, post_id)
     select kept.id, written.id
     from (select id, row_number() over (order by id) as place from kept) kept
     join (select id, row_number() over (order by id) as place from written) written
       on (written.place - kept.place * 2 + 100) % 100 < 6`,
    uuidsOf(authors),
    uuidsOf(owners),
  );
  await site.settled();
});

/** How many statements of each name a query takes, for one item and for fifty. */
async function forOneAndFifty(ask: (who: Client, count: number) => Promise<unknown>, who: Client) {
  const one = await statements(app, () => ask(who, 1));
  expect(await statements(app, () => ask(who, 50))).toEqual(one);
  return one;
}

const total = (sent: Record<string, number>) => Object.values(sent).reduce((sum, count) => sum + count, 0);

describe('the same statements for one and for fifty', () => {
  test('collections, three levels deep: one a level', async () => {
    const ask = (who: Client, first: number) => who.run(CollectionsOfPostsInCollectionsDocument, { first });
    const { collections } = await client.run(CollectionsOfPostsInCollectionsDocument, { first: 50 });
    const lists = collections.nodes.map(({ posts }) =>
      posts.nodes.map((post) => post.collections.nodes.length),
    );
    expect(lists).toEqual(Array.from({ length: 50 }, () => [3, 3, 3, 3, 3]));
    expect(await forOneAndFifty(ask, client)).toEqual({
      'collections.newest.first1': 1,
      'collection.posts.lastAdded.first': 1,
      'post.collections.newest.first': 1,
    });
    const admin = await seed.admin();
    await site.settled();
    const sent = await forOneAndFifty(ask, admin.client);
    expect(
      Object.entries(sent)
        .filter(([name]) => /collection|post/.test(name))
        .sort(),
    ).toEqual([
      ['collection.posts.lastAdded.first', 1],
      ['collections.newest.first', 1],
      ['post.collections.newest.first', 1],
    ]);
  });

  test('collections with owners, posts, authors, collections and all counts', async () => {
    const ask = (who: Client, first: number) => who.run(ContentInDepthDocument, { first });
    expect(await forOneAndFifty(ask, client)).toEqual({
      'collections.newest.first1': 1,
      'collections.count.1': 1,
      'collection.posts.lastAdded.first': 1,
      'collection.posts.count.': 1,
      'post.collections.newest.first': 1,
      'post.collections.count.': 1,
      // Owners and authors.
      'user.byId': 2,
    });
  });

  test('people with their posts and collections', async () => {
    const ids = [...authors, ...owners].slice(0, 50).map(({ id }) => id);
    const ask = (who: Client, count: number) =>
      who.run(ContentOfPeopleDocument, { ids: ids.slice(0, count), orderBy: { field: 'TITLE' } });
    const { nodes } = await client.run(ContentOfPeopleDocument, { ids });
    expect(nodes).toMatchObject([
      ...authors.map(() => ({ posts: { totalCount: 10 }, collections: { totalCount: 0 } })),
      ...owners.slice(0, 40).map(() => ({ posts: { totalCount: 0 }, collections: { totalCount: 1 } })),
    ]);
    await seed.collection(present(authors[0]));
    await site.settled();
    expect(await forOneAndFifty(ask, client)).toEqual({
      'user.byId': 1,
      'user.posts.TITLE_DESC.first': 1,
      'user.posts.count.': 1,
      'user.collections.newest.first': 1,
      'user.collections.count.': 1,
      'collection.posts.lastAdded.first': 1,
    });
  });

  test('posts with authors and collections, listed, searched for, in a collection', async () => {
    const listed = (who: Client, first: number) => who.run(PostsDocument, { first });
    expect(await forOneAndFifty(listed, client)).toEqual({
      'posts.CREATED_AT_DESC.first': 1,
      'user.byId': 1,
      'post.collections.newest.first': 1,
    });
    const searched = (who: Client, first: number) => who.run(SearchPostsDocument, { search: 'word', first });
    expect(await forOneAndFifty(searched, client)).toEqual({
      'posts.search.RELEVANCE.first': 1,
      'user.byId': 1,
    });
    const { collections } = await client.run(CollectionsDocument, { ownerId: owners[0]?.id });
    const filter = { collectionId: collections.nodes[0]?.id };
    const collected = (who: Client, first: number) => who.run(PostsDocument, { filter, first });
    expect(await forOneAndFifty(collected, client)).toEqual({
      'posts.in.CREATED_AT_DESC.first': 1,
      'user.byId': 1,
      'post.collections.newest.first': 1,
    });
  });

  test('a count costs nothing where nobody asks for it', async () => {
    const sent = await statements(app, () => client.run(PostsDocument, {}));
    expect(Object.keys(sent).filter((name) => name.includes('count'))).toEqual([]);
    expect(total(sent)).toBe(3);
  });
});
