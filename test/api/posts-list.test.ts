import { beforeAll, describe, expect, test } from 'vitest';
import {
  ContentOfUserDocument,
  type CreatePostInput,
  PostPageDocument,
  type PostPageQueryVariables,
  PostsDocument,
  SearchPostsDocument,
  UpdatePostDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { noCollection, noPost } from './content.ts';

const { client, seed } = await startApp();

const noUser = 'user_01h455vb4pex5vsknk084sn02q';
let author: Person;
let other: Person;
beforeAll(async () => {
  [author, other] = await Promise.all([seed.user(), seed.user()]);
});

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

/** The ids of a whole list; checks that its count and its edges agree. */
async function list(variables: PostPageQueryVariables, who = client): Promise<string[]> {
  const { posts } = await who.run(PostPageDocument, { first: 100, ...variables });
  const ids = idsOf(posts.nodes);
  expect([posts.totalCount, posts.edges.map(({ node }) => node.id)]).toEqual([ids.length, ids]);
  return ids;
}

/** Creates posts one after the other. */
async function write(who: Person, ...given: Partial<CreatePostInput>[]): Promise<string[]> {
  const ids: string[] = [];
  for (const each of given) ids.push((await seed.post(who, each)).id);
  return ids;
}

describe('posts', () => {
  test('come newest first where nothing else is asked for, 20 to a page', async () => {
    const written = await write(author, ...Array.from({ length: 22 }, () => ({})));
    const newest = written.toReversed();
    const { posts } = await client.run(PostPageDocument, {});
    expect(idsOf(posts.nodes)).toEqual(newest.slice(0, 20));
    expect(posts.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: posts.edges[0]?.cursor,
      endCursor: posts.edges[19]?.cursor,
    });
    const after = posts.pageInfo.endCursor;
    const next = await client.run(PostsDocument, { first: 2, after });
    expect(idsOf(next.posts.nodes)).toEqual(newest.slice(20));
    for (const given of [
      { first: 101 },
      { first: -1 },
      { last: 101 },
      { last: -1 },
      { first: 1, last: 1 },
      { after: 'x' },
      { before: '' },
    ])
      expect([given, await client.fails(PostPageDocument, given)]).toEqual([given, ['BAD_USER_INPUT']]);
  });

  test('come in every order, both ways', async () => {
    const writer = await seed.user();
    const ids = await write(writer, { title: 'b' }, { title: 'c' }, { title: 'a' }, { title: 'b' });
    const [b, c, a, b2] = ids;
    await writer.client.mutate(UpdatePostDocument, { input: { id: present(c), expectedVersion: 1 } });
    const filter = { authorId: writer.id };
    for (const [field, ascending] of [
      ['CREATED_AT', ids],
      ['UPDATED_AT', [b, a, b2, c]],
      ['TITLE', [a, b, b2, c]],
    ] as const) {
      const descending = ascending.toReversed();
      expect(await list({ filter, orderBy: { field, direction: 'ASC' } })).toEqual(ascending);
      expect(await list({ filter, orderBy: { field, direction: 'DESC' } })).toEqual(descending);
      expect(await list({ filter, orderBy: { field } })).toEqual(descending);
      const { user } = await client.run(ContentOfUserDocument, {
        username: writer.username,
        orderBy: { field, direction: 'ASC' },
      });
      expect([field, idsOf(present(user).posts.nodes)]).toEqual([field, ascending]);
    }
    const { user } = await client.run(ContentOfUserDocument, { username: writer.username });
    expect(user?.posts).toMatchObject({
      totalCount: 4,
      nodes: [{ id: b2 }, { id: a }, { id: c }, { id: b }],
    });
  });

  test('of one author, of one collection, and of both', async () => {
    const [writer, keeper] = [await seed.user(), await seed.user()];
    const [mine1, mine2, mine3] = await write(writer, {}, {}, {});
    const [theirs] = await write(other, {});
    const collection = await seed.collection(keeper);
    for (const id of [mine3, theirs, mine1]) await seed.collect(keeper, collection, { id: present(id) });
    const [authorId, collectionId] = [writer.id, collection.id];
    expect(await list({ filter: { authorId } })).toEqual([mine3, mine2, mine1]);
    expect(await list({ filter: { collectionId } })).toEqual([theirs, mine3, mine1]);
    expect(await list({ filter: { collectionId, authorId } })).toEqual([mine3, mine1]);
    const oldest = { field: 'CREATED_AT', direction: 'ASC' } as const;
    expect(await list({ filter: { collectionId }, orderBy: oldest })).toEqual([mine1, mine3, theirs]);
    for (const none of [
      { authorId: noUser },
      { authorId: writer.accountId },
      { authorId: noPost },
      { collectionId: noCollection },
      { collectionId: noPost },
      { collectionId, authorId: noUser },
      { collectionId: noCollection, authorId },
    ])
      expect([none, await list({ filter: none })]).toEqual([none, []]);
    for (const all of [null, {}, { authorId: null }, { authorId: null, collectionId: null }])
      expect(await list({ filter: all })).toContain(theirs);
    for (const malformed of [{ authorId: 'x' }, { collectionId: 'x' }, { authorId: '' }])
      expect(await client.fails(PostPageDocument, { filter: malformed })).toEqual(['BAD_USER_INPUT']);
  });

  test('a cursor is good for the same list with the same order, however it is filtered', async () => {
    const word = unique('word');
    const [first, second, third] = await write(author, { body: word }, { body: word }, { body: word });
    const collection = await seed.collection(author);
    for (const id of [first, second, third]) await seed.collect(author, collection, { id: present(id) });
    const orderBy = { field: 'CREATED_AT', direction: 'ASC' } as const;
    const filter = { collectionId: collection.id };
    const { posts } = await client.run(PostPageDocument, { orderBy, filter, first: 1 });
    const after = posts.pageInfo.endCursor;
    for (const given of [{}, { filter }, { search: word }, { search: word, filter }]) {
      const page = await client.run(PostPageDocument, { ...given, orderBy, after, first: 2 });
      expect([given, idsOf(page.posts.nodes)]).toEqual([given, [second, third]]);
    }
    for (const given of [
      {},
      { orderBy: { field: 'CREATED_AT', direction: 'DESC' } },
      { orderBy: { field: 'TITLE', direction: 'ASC' } },
      { search: word },
    ] as const)
      expect(await client.fails(PostPageDocument, { ...given, after })).toEqual(['BAD_USER_INPUT']);
  });
});

describe('a search', () => {
  const [one, two] = [unique('one'), unique('two')];
  let inTitle: string;
  let inBody: string;
  let both: string;
  beforeAll(async () => {
    const [a, b, c] = await write(
      author,
      { title: `The ${one} of all`, body: 'Nothing else.' },
      { title: 'Not in the title', body: `Here ${one.toUpperCase()} is.` },
      { title: `A ${one}`, body: `And ${two}; and ${one}-${two}, and ${one} again.` },
    );
    [inTitle, inBody, both] = [present(a), present(b), present(c)];
  });
  const found = (search: string, more: PostPageQueryVariables = {}) => list({ search, ...more });

  test('finds all of its words, or their beginnings, without case, the best match first', async () => {
    expect(await found(one)).toEqual([both, inTitle, inBody]);
    expect(await found(`  ${one.toUpperCase()}\t`)).toEqual([both, inTitle, inBody]);
    expect(await found(one.slice(0, -2))).toEqual([both, inTitle, inBody]);
    expect(await found(`${two} ${one}`)).toEqual([both]);
    expect(await found(`${one} ${two.slice(0, 8)}`)).toEqual([both]);
    expect(await found(`${one} title`)).toEqual([inBody]);
    expect(await found(`${one} ${unique('none')}`)).toEqual([]);
    expect(await found(one.slice(1))).toEqual([]);
    const { posts } = await client.run(SearchPostsDocument, { search: one, first: 2 });
    expect(idsOf(posts.nodes)).toEqual([both, inTitle]);
    const { endCursor: after } = posts.pageInfo;
    const next = await client.run(SearchPostsDocument, { search: one, after });
    expect(idsOf(next.posts.nodes)).toEqual([inBody]);
  });

  test('has its order of relevance, in one direction, and every other', async () => {
    for (const direction of ['ASC', 'DESC'] as const) {
      expect(await found(one, { orderBy: { field: 'RELEVANCE', direction } })).toEqual([
        both,
        inTitle,
        inBody,
      ]);
      const written = direction === 'ASC' ? [inTitle, inBody, both] : [both, inBody, inTitle];
      expect(await found(one, { orderBy: { field: 'CREATED_AT', direction } })).toEqual(written);
    }
    const byTitle = { field: 'TITLE', direction: 'ASC' } as const;
    expect(await found(one, { orderBy: byTitle })).toEqual([both, inBody, inTitle]);
  });

  test('is held by filters, too', async () => {
    const collection = await seed.collection(other);
    await seed.collect(other, collection, { id: inTitle }, { id: both });
    const [theirs] = await write(other, { title: one });
    expect(await found(one, { filter: { authorId: other.id } })).toEqual([theirs]);
    expect(await found(one, { filter: { collectionId: collection.id } })).toEqual([both, inTitle]);
    const filter = { collectionId: collection.id, authorId: author.id };
    expect(await found(two, { filter })).toEqual([both]);
    expect(await found(one, { filter: { collectionId: noCollection } })).toEqual([]);
  });

  test('of nothing is none', async () => {
    const { posts } = await client.run(PostPageDocument, { first: 3 });
    for (const search of [null, '', ' \t\u2003']) {
      const page = await client.run(PostPageDocument, { search, first: 3 });
      expect(page.posts).toEqual(posts);
      const asked = { search, orderBy: { field: 'RELEVANCE' } } as const;
      expect(await client.fails(PostPageDocument, asked)).toEqual(['BAD_USER_INPUT']);
    }
    const username = author.username;
    expect(await client.fails(ContentOfUserDocument, { username, orderBy: { field: 'RELEVANCE' } })).toEqual([
      'BAD_USER_INPUT',
    ]);
  });

  test('of no words finds nothing, and no sign is more than a sign', async () => {
    for (const search of ['!', "'", '"', '\\', '&', '|', '<->', ':*', '()', '%', '_', '--', '$$', '; '])
      expect([search, await found(search)]).toEqual([search, []]);
    for (const around of ["'", "''", '\\', "\\'", ':*', '&', '|', '!', '(', ')', '<->', '"', '%'])
      expect([around, await found(`${around} ${two} ${around}`)]).toEqual([around, [both]]);
    const odd = [
      `${one}\\`,
      `it's`,
      `http://example.com/it's/${one}\\?a='b'`,
      `/tmp/${one}/'x'`,
      `${one}@example.com's`,
      `-1e5 ${one}:*A`,
    ];
    for (const search of odd) {
      const [id] = await write(author, { title: 'Odd', body: `Before ${search} after` });
      expect([search, await found(search)]).toEqual([search, expect.arrayContaining([id])]);
    }
  });

  test('has 200 characters at most, and none that nobody sees', async () => {
    expect(await found('x'.repeat(200))).toEqual([]);
    expect(await found('🎲'.repeat(200))).toEqual([]);
    expect(await found(Array.from({ length: 100 }, () => 'x').join(' '))).toBeDefined();
    for (const search of ['x'.repeat(201), 'a\u0000b', 'a\nb', 'a\ud800'])
      expect([search, await client.fails(PostPageDocument, { search })]).toEqual([
        search,
        ['BAD_USER_INPUT'],
      ]);
  });
});
