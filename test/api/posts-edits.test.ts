import { beforeAll, describe, expect, test } from 'vitest';
import {
  DeletePostDocument,
  NodeDocument,
  PostDocument,
  PostPageDocument,
  UpdatePostDocument,
  type UpdatePostInput,
  WholeCollectionDocument,
  WholePostByIdDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
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

describe('updatePost', () => {
  const change = async (who: Person, input: UpdatePostInput) =>
    (await who.client.mutate(UpdatePostDocument, { input })).post;
  const refusal = (input: UpdatePostInput) => author.client.refused(UpdatePostDocument, { input });

  test('changes what is given, and nothing else, and counts the versions', async () => {
    const { id } = await seed.post(author);
    let last = present(await postOf(id));
    for (const [changes, shown = changes] of [
      [{}],
      [{ title: ' New title ' }, { title: 'New title' }],
      [{ body: 'New\r\nbody' }, { body: 'New\nbody' }],
      [{ title: 'Both', body: 'of them' }],
    ] satisfies [object, object?][]) {
      await change(author, { id, expectedVersion: last.version, ...changes });
      const next = present(await postOf(id));
      expect(next).toEqual({ ...last, ...shown, version: last.version + 1, updatedAt: next.updatedAt });
      expect(Date.parse(next.updatedAt)).toBeGreaterThanOrEqual(Date.parse(last.updatedAt));
      last = next;
    }
  });

  test('is found by its new words, and by its old ones no more', async () => {
    const [old, fresh] = [unique('old'), unique('new')];
    const post = await seed.post(author, { title: old });
    await change(author, { id: post.id, expectedVersion: 1, title: fresh });
    const found = async (search: string) =>
      (await nobody.run(PostPageDocument, { search })).posts.nodes.map(({ id }) => id);
    expect([await found(old), await found(fresh)]).toEqual([[], [post.id]]);
  });

  test('is for its author and admins', async () => {
    const post = await seed.post(author);
    const before = await contents();
    const input = { id: post.id, expectedVersion: 1, title: 'Taken over' };
    for (const who of [other, service])
      expect(await who.client.fails(UpdatePostDocument, { input })).toEqual(['FORBIDDEN']);
    expect(await nobody.fails(UpdatePostDocument, { input })).toEqual(['UNAUTHENTICATED']);
    expect(await contents()).toBe(before);
    await change(author, { ...input, title: 'By its author' });
    expect(await postOf(post.id)).toMatchObject({ title: 'By its author', version: 2 });
  });

  test('tells the author of what an admin changed, and of nothing that they did themselves', async () => {
    const writer = await seed.user();
    const post = await seed.post(writer, { title: 'Before' });
    await change(writer, { id: post.id, expectedVersion: 1, body: 'Mine' });
    expect(await notificationsOf(writer)).toEqual([]);
    const changed = await change(admin, { id: post.id, expectedVersion: 2, title: 'After' });
    expect(changed).toMatchObject({ title: 'After', body: 'Mine', version: 3 });
    expect((await postOf(post.id))?.author.id).toBe(writer.id);
    expect(await notificationsOf(writer)).toMatchObject([
      {
        kind: 'SYSTEM',
        title: 'Post changed',
        body: 'An admin changed your post “Before”.',
        subject: { __typename: 'Post', id: post.id },
      },
    ]);
    const own = await seed.post(admin);
    await change(admin, { id: own.id, expectedVersion: 1, title: 'Mine' });
    expect(await notificationsOf(admin)).toEqual([]);
  });

  test('refuses what breaks a rule, and changes nothing', async () => {
    const post = await seed.post(author);
    const target = { id: post.id, expectedVersion: 1 };
    const before = await contents();
    for (const [input, expected] of [
      [{ ...target, title: null }, ['INVALID', 'input.title']],
      [{ ...target, body: null }, ['INVALID', 'input.body']],
      [{ ...target, title: ' ' }, ['INVALID', 'input.title']],
      [{ ...target, title: 'x'.repeat(201) }, ['INVALID', 'input.title']],
      [{ ...target, body: 'x'.repeat(50_001) }, ['INVALID', 'input.body']],
      [{ ...target, body: 'a\u0000b' }, ['INVALID', 'input.body']],
      [{ ...target, id: noPost }, ['NOT_FOUND', 'input.id']],
      [{ ...target, id: noCollection }, ['NOT_FOUND', 'input.id']],
      [{ ...target, expectedVersion: 0 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...target, expectedVersion: 2 }, ['VERSION_CONFLICT', 'input.expectedVersion']],
    ] satisfies [UpdatePostInput, [string, string]][]) {
      expect([input, await refusal(input)]).toEqual([input, [expected]]);
    }
    expect(await author.client.fails(UpdatePostDocument, { input: { ...target, id: 'post' } })).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(await contents()).toBe(before);
  });

  test('of two changes of one version at once one wins, and of fifty', async () => {
    for (const count of [2, 50]) {
      const { id } = await seed.post(author);
      const results = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          refusal({ id, expectedVersion: 1, title: `Title ${index}` }),
        ),
      );
      const winners = results.flatMap((errors, index) => (errors.length === 0 ? [`Title ${index}`] : []));
      expect(winners).toHaveLength(1);
      expect(results.flat()).toEqual(
        Array.from({ length: count - 1 }, () => ['VERSION_CONFLICT', 'input.expectedVersion']),
      );
      expect(await postOf(id)).toMatchObject({ title: winners[0], version: 2 });
    }
  });
});

describe('deletePost', () => {
  const remove = (who: Person, id: string) => who.client.mutate(DeletePostDocument, { input: { id } });

  test('takes it from everywhere', async () => {
    const word = unique('gone');
    const [open, hidden] = [
      await seed.collection(other),
      await seed.collection(author, { visibility: 'PRIVATE' }),
    ];
    const post = await seed.post(author, { title: word, collectionIds: [hidden.id] });
    const left = await seed.post(author, { title: word, collectionIds: [hidden.id] });
    const { id } = post;
    await seed.collect(other, open, post);
    expect(await remove(author, id)).toEqual({ deletedPostId: id, userErrors: [] });
    for (const who of [nobody, author.client, admin.client]) {
      expect(await who.run(PostDocument, { id })).toEqual({ post: null });
      expect(await who.run(NodeDocument, { id })).toEqual({ node: null });
      const { posts } = await who.run(PostPageDocument, { search: word });
      expect(posts).toMatchObject({ totalCount: 1, nodes: [{ id: left.id }] });
      const { collection } = await who.run(WholeCollectionDocument, { id: open.id });
      expect(collection?.posts).toEqual({ totalCount: 0, nodes: [] });
    }
    const { collection } = await author.client.run(WholeCollectionDocument, { id: hidden.id });
    expect(collection?.posts).toEqual({ totalCount: 1, nodes: [{ id: left.id }] });
    const again = await author.client.refused(DeletePostDocument, { input: { id } });
    expect(again).toEqual([['NOT_FOUND', 'input.id']]);
    expect(
      await author.client.refused(UpdatePostDocument, { input: { id, expectedVersion: 1, title: 'x' } }),
    ).toEqual([['NOT_FOUND', 'input.id']]);
  });

  test('is for its author and admins', async () => {
    const { id } = await seed.post(author);
    const before = await contents();
    for (const who of [other, service])
      expect(await who.client.fails(DeletePostDocument, { input: { id } })).toEqual(['FORBIDDEN']);
    expect(await nobody.fails(DeletePostDocument, { input: { id } })).toEqual(['UNAUTHENTICATED']);
    for (const [unknown, expected] of [
      [noPost, [['NOT_FOUND', 'input.id']]],
      [noCollection, [['NOT_FOUND', 'input.id']]],
    ] as const)
      expect(await author.client.refused(DeletePostDocument, { input: { id: unknown } })).toEqual(expected);
    expect(await author.client.fails(DeletePostDocument, { input: { id: 'x' } })).toEqual(['BAD_USER_INPUT']);
    expect(await contents()).toBe(before);
  });

  test('tells the author where an admin did it', async () => {
    const writer = await seed.user();
    const [own, post] = [await seed.post(writer), await seed.post(writer, { title: 'Not nice' })];
    await remove(writer, own.id);
    expect(await notificationsOf(writer)).toEqual([]);
    await remove(admin, post.id);
    expect(await notificationsOf(writer)).toMatchObject([
      {
        kind: 'SYSTEM',
        title: 'Post deleted',
        body: 'An admin deleted your post “Not nice”.',
        subject: null,
      },
    ]);
  });

  test('fifty at once delete it once', async () => {
    const { id } = await seed.post(author);
    const results = await Promise.all(
      Array.from({ length: 50 }, () => author.client.refused(DeletePostDocument, { input: { id } })),
    );
    expect(results.flat()).toEqual(Array.from({ length: 49 }, () => ['NOT_FOUND', 'input.id']));
  });
});
