import { beforeAll, describe, expect, test } from 'vitest';
import { parseId, toId } from '../../src/domain/ids.ts';
import {
  CollectionsOfPostDocument,
  CreatePostDocument,
  type CreatePostInput,
  NodeDocument,
  PostPageDocument,
  WholeCollectionDocument,
  WholePostByIdDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { contentsOf, noCollection, noPost, notificationsOf } from './content.ts';

const { client: nobody, seed, site } = await startApp();

let author: Person;
let other: Person;
let admin: Person;
let service: Person;
beforeAll(async () => {
  [author, other, admin, service] = await Promise.all([
    seed.user(),
    seed.user(),
    seed.admin(),
    seed.service(),
  ]);
});

const postOf = async (id: string) => (await nobody.run(WholePostByIdDocument, { id })).post;
const contents = () => contentsOf(site);
const collectionsOf = async (id: string, who: Client) =>
  present((await who.run(CollectionsOfPostDocument, { id })).post).collections.nodes.map((node) => node.id);

describe('createPost', () => {
  const create = (given: Partial<CreatePostInput>, who = author.client) =>
    who.mutate(CreatePostDocument, { input: { title: unique('Title '), body: 'Body', ...given } });
  const refusal = (given: Partial<CreatePostInput>, who = author.client) =>
    who.refused(CreatePostDocument, { input: { title: unique('Title '), body: 'Body', ...given } });

  test('makes a post that everyone sees, at once and everywhere', async () => {
    const word = unique('word');
    const input = { title: `  My ${word} \u0065\u0301 `, body: ' One\r\ntwo\rthree\n ' };
    const { post } = await author.client.mutate(CreatePostDocument, { input });
    const whole = await postOf(post.id);
    expect(whole).toEqual({
      id: expect.stringMatching(/^post_[0-9a-z]{26}$/),
      title: `My ${word} \u00e9`,
      body: 'One\ntwo\nthree',
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: whole?.createdAt,
      author: { id: author.id },
    });
    expect(post).toMatchObject({ id: whole?.id, title: whole?.title, author: { username: author.username } });
    for (const who of [nobody, other.client, admin.client]) {
      expect(await who.run(WholePostByIdDocument, { id: post.id })).toEqual({ post: whole });
      expect((await who.run(NodeDocument, { id: post.id })).node).toMatchObject({ __typename: 'Post' });
      expect((await who.run(PostPageDocument, { search: word })).posts.nodes).toEqual([whole]);
      expect((await who.run(PostPageDocument, { first: 1 })).posts.nodes).toEqual([whole]);
    }
  });

  test('is for everyone who is signed in', async () => {
    for (const { client, id } of [author, other, admin, service]) {
      const { post } = await create({}, client);
      expect(post.author.id).toBe(id);
    }
    const before = await contents();
    const input = { title: 'Title', body: 'Body' };
    expect(await nobody.fails(CreatePostDocument, { input })).toEqual(['UNAUTHENTICATED']);
    expect(await contents()).toBe(before);
  });

  test('takes titles and bodies up to their longest, in whole characters', async () => {
    const longest = { title: '🎲'.repeat(200), body: '🎲'.repeat(50_000) };
    const { post } = await create(longest);
    expect(await postOf(post.id)).toMatchObject(longest);
    expect((await create({ title: 'a', body: 'b' })).post).toMatchObject({ title: 'a', body: 'b' });
  });

  test.each([
    ['title', ['', ' \t\n', 'x'.repeat(201), 'a\nb', 'a\tb', 'a\u0000b', 'a\u007fb', 'a\ud800b']],
    ['body', ['', ' \r\n', 'x'.repeat(50_001), 'a\u0000b', 'a\tb', 'a\ud800b']],
  ] as const)('refuses a bad %s, and makes nothing', async (field, values) => {
    const collection = await seed.collection(author);
    const before = await contents();
    for (const value of values) {
      const given = { [field]: value, collectionIds: [collection.id] };
      expect([value, await refusal(given)]).toEqual([value, [['INVALID', `input.${field}`]]]);
    }
    expect(await contents()).toBe(before);
  });

  test('names all that is wrong at once', async () => {
    expect(await refusal({ title: '', body: '' })).toEqual([
      ['INVALID', 'input.title'],
      ['INVALID', 'input.body'],
    ]);
  });

  test('cannot read malformed input', async () => {
    const before = await contents();
    for (const given of [
      { title: null },
      { title: 1 },
      { body: null },
      { collectionIds: null },
      { collectionIds: [null] },
      { collectionIds: ['nonsense'] },
      { collectionIds: [`${noCollection}0`] },
      { authorId: other.id },
    ]) {
      const variables = { input: { title: 'Title', body: 'Body', ...given } };
      const query = 'mutation($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';
      const { status, body } = await author.client.post({ query, variables });
      const codes = body.errors?.map(({ extensions }) => extensions?.code);
      expect([given, status, codes]).toEqual([given, 200, ['BAD_USER_INPUT']]);
    }
    expect(await contents()).toBe(before);
  });

  test('puts it into collections of the author, each once', async () => {
    const [open, hidden] = [
      await seed.collection(author),
      await seed.collection(author, { visibility: 'PRIVATE' }),
    ];
    const { post } = await create({ collectionIds: [open.id, hidden.id, open.id] });
    expect(post.collections.nodes.map(({ id }) => id)).toEqual([hidden.id, open.id]);
    expect(await collectionsOf(post.id, nobody)).toEqual([open.id]);
    for (const { id } of [open, hidden]) {
      const { collection } = await author.client.run(WholeCollectionDocument, { id });
      expect(collection).toMatchObject({ version: 1, posts: { totalCount: 1, nodes: [{ id: post.id }] } });
    }
    await site.settled();
    const events = await site.sql(
      `select event_type as type, data from recorded_event where data ->> 'postId' = $1 order by position`,
      post.id,
    );
    expect(events).toEqual([
      { type: 'post.created', data: { postId: post.id } },
      ...[open, hidden].map(({ id: collectionId }) => ({
        type: 'collection.post_added',
        data: { collectionId, postId: post.id },
      })),
    ]);
  });

  test('puts it into 100 collections at once, and no more', async () => {
    const owner = parseId(author.id).uuid;
    const rows = await site.sql<{ id: string }>(
      `insert into collection (owner_id, name) select $1, 'many' from generate_series(1, 101) returning id`,
      owner,
    );
    const ids = rows.map(({ id }) => toId('collection', id));
    const { post } = await create({ collectionIds: ids.slice(1) });
    const held = await site.sql(
      'select from collection_post where post_id = $1 and collection_id = any($2)',
      parseId(post.id).uuid,
      rows.slice(1).map(({ id }) => id),
    );
    expect(held).toHaveLength(100);
    const before = await contents();
    const tooMany = [['INVALID', 'input.collectionIds']];
    for (const collectionIds of [
      ids,
      Array.from({ length: 101 }, () => present(ids[0])),
      Array.from({ length: 1_000 }, () => noCollection),
    ])
      expect(await refusal({ collectionIds })).toEqual(tooMany);
    expect(await refusal({ title: '', collectionIds: ids })).toEqual([
      ['INVALID', 'input.title'],
      ...tooMany,
    ]);
    expect(await contents()).toBe(before);
  });

  test("leaves other people's collections alone, and does not tell a private one from none", async () => {
    const own = await seed.collection(author);
    const open = await seed.collection(other);
    const hidden = await seed.collection(other, { visibility: 'PRIVATE' });
    const before = await contents();
    const notFound = [['NOT_FOUND', 'input.collectionIds']];
    for (const who of [author, service]) {
      const mine = who === author ? [own.id] : [];
      for (const collectionIds of [[noCollection], [hidden.id], [noPost], [open.id, hidden.id]])
        expect(await refusal({ collectionIds: [...mine, ...collectionIds] }, who.client)).toEqual(notFound);
      const input = { title: 'Title', body: 'Body', collectionIds: [...mine, open.id] };
      expect(await who.client.fails(CreatePostDocument, { input })).toEqual(['FORBIDDEN']);
    }
    expect(await contents()).toBe(before);
  });

  test('puts an admin’s post into any collection, and tells its owner', async () => {
    const hidden = await seed.collection(other, { visibility: 'PRIVATE', name: unique('Hidden ') });
    const own = await seed.collection(admin);
    const { post } = await create({ collectionIds: [hidden.id, own.id] }, admin.client);
    expect(post.collections.nodes.map(({ id }) => id)).toEqual([own.id, hidden.id]);
    const [notification] = await notificationsOf(other);
    expect(notification).toMatchObject({
      kind: 'SYSTEM',
      title: 'Collection changed',
      body: `An admin added a post to your collection “${hidden.name}”.`,
      subject: { __typename: 'Collection', id: hidden.id },
    });
    expect(await notificationsOf(admin)).toEqual([]);
  });
});
