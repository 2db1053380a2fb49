import { beforeAll, describe, expect, test } from 'vitest';
import {
  AddPostToCollectionDocument,
  type CollectionPostInput,
  DeleteCollectionDocument,
  DeletePostDocument,
  RemovePostFromCollectionDocument,
  ViewerWithWalletDocument,
  WholeCollectionDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';
import { contentsOf, noCollection, noPost, notificationsOf } from './content.ts';

const { client: nobody, seed, site } = await startApp();

let owner: Person;
let other: Person;
let admin: Person;
let service: Person;
beforeAll(async () => {
  [owner, other, admin, service] = await Promise.all([
    seed.user(),
    seed.user(),
    seed.admin(),
    seed.service(),
  ]);
});

const collectionOf = async (id: string, who: Person = owner) =>
  (await who.client.run(WholeCollectionDocument, { id })).collection;
const contents = () => contentsOf(site);
const eventsOf = async (type: string, { id }: { readonly id: string }) => {
  await site.settled();
  return site.sql<{ data: object }>(
    `select data from recorded_event where event_type = $1 and data ->> 'collectionId' = $2 order by position`,
    type,
    id,
  );
};

describe('addPostToCollection and removePostFromCollection', () => {
  const add = async (who: Person, input: CollectionPostInput) =>
    (await who.client.mutate(AddPostToCollectionDocument, { input })).collection;
  const remove = async (who: Person, input: CollectionPostInput) =>
    (await who.client.mutate(RemovePostFromCollectionDocument, { input })).collection;
  const both = [
    {
      fails: (who: Client, input: CollectionPostInput) => who.fails(AddPostToCollectionDocument, { input }),
      refused: (who: Client, input: CollectionPostInput) =>
        who.refused(AddPostToCollectionDocument, { input }),
    },
    {
      fails: (who: Client, input: CollectionPostInput) =>
        who.fails(RemovePostFromCollectionDocument, { input }),
      refused: (who: Client, input: CollectionPostInput) =>
        who.refused(RemovePostFromCollectionDocument, { input }),
    },
  ];

  test('change what a collection holds, and nothing else of it; the last added comes first', async () => {
    const collection = await seed.collection(owner);
    const before = await collectionOf(collection.id);
    const posts = [await seed.post(owner), await seed.post(other), await seed.post(admin)];
    const [first, second, third] = posts.map(({ id }) => id);
    const ids = { collectionId: collection.id };
    // Deliberately not in the order of creation.
    for (const postId of [second, third, first]) await add(owner, { ...ids, postId: present(postId) });
    const shown = await collectionOf(collection.id);
    expect(shown).toEqual({
      ...before,
      posts: { totalCount: 3, nodes: [{ id: first }, { id: third }, { id: second }] },
    });
    const left = await remove(owner, { ...ids, postId: present(third) });
    expect(left.posts.nodes.map(({ id }) => id)).toEqual([first, second]);
    await add(owner, { ...ids, postId: present(third) });
    const again = await collectionOf(collection.id);
    expect(again?.posts.nodes.map(({ id }) => id)).toEqual([third, first, second]);
  });

  test('once more change nothing', async () => {
    const collection = await seed.collection(owner);
    const post = await seed.post(other);
    const ids = { collectionId: collection.id, postId: post.id };
    await add(owner, ids);
    const before = await contents();
    for (const who of [owner, admin]) expect((await add(who, ids)).posts.totalCount).toBe(1);
    expect(await contents()).toBe(before);
    expect(await eventsOf('collection.post_added', collection)).toEqual([{ data: ids }]);
    await remove(owner, ids);
    const after = await contents();
    for (const who of [owner, admin]) expect((await remove(who, ids)).posts.totalCount).toBe(0);
    expect(await contents()).toBe(after);
  });

  test('fifty at once add it once', async () => {
    const collection = await seed.collection(owner);
    const ids = { collectionId: collection.id, postId: (await seed.post(other)).id };
    await Promise.all(Array.from({ length: 50 }, () => add(owner, ids)));
    expect((await collectionOf(collection.id))?.posts.totalCount).toBe(1);
    expect(await eventsOf('collection.post_added', collection)).toHaveLength(1);
  });

  test('count once for a post in a collection, however often and by whomever it is added', async () => {
    const [collection, elsewhere] = [await seed.collection(owner), await seed.collection(owner)];
    const [post, another] = [await seed.post(other), await seed.post(other)];
    const ids = { collectionId: collection.id, postId: post.id };
    for (const who of [owner, owner, admin, owner]) {
      await add(who, ids);
      await remove(who, ids);
    }
    expect(await eventsOf('collection.post_added', collection)).toEqual([{ data: ids }]);
    await add(owner, ids);
    await add(owner, { ...ids, postId: another.id });
    await add(owner, { ...ids, collectionId: elsewhere.id });
    expect(await eventsOf('collection.post_added', collection)).toHaveLength(2);
    expect(await eventsOf('collection.post_added', elsewhere)).toHaveLength(1);
  });

  test('pay once, though fifty add and remove at once, by two processes', async () => {
    const person = await seed.user();
    const collection = await seed.collection(person);
    const post = await seed.post(person);
    const reward = await seed.reward({ currency: 'GOLD', amount: 10 });
    await seed.quest({
      eventType: 'collection.post_added',
      eventMatch: { collectionId: collection.id },
      ...{ autoClaim: true, maxCompletions: null, rewards: [{ rewardId: reward.id }] },
    });
    const elsewhere = (await startApp({}, site)).client.as(person);
    const input = { collectionId: collection.id, postId: post.id };
    await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const by = index % 2 ? elsewhere : person.client;
        await by.mutate(AddPostToCollectionDocument, { input });
        await by.mutate(RemovePostFromCollectionDocument, { input });
      }),
    );
    expect(await eventsOf('collection.post_added', collection)).toHaveLength(1);
    const { wallet } = present((await person.client.run(ViewerWithWalletDocument)).viewer);
    expect(wallet.gold).toBe(10);
  });

  test('are for its owner and admins', async () => {
    const collection = await seed.collection(owner);
    const [inside, outside] = [await seed.post(other), await seed.post(other)];
    await seed.collect(owner, collection, inside);
    const before = await contents();
    for (const { fails } of both) {
      for (const { id: postId } of [inside, outside]) {
        const input = { collectionId: collection.id, postId };
        // The author of the post has no rights in the collection.
        for (const who of [other, service]) expect(await fails(who.client, input)).toEqual(['FORBIDDEN']);
        expect(await fails(nobody, input)).toEqual(['UNAUTHENTICATED']);
      }
    }
    expect(await contents()).toBe(before);
  });

  test('tell the owner where an admin did it', async () => {
    const person = await seed.user();
    const { id: collectionId } = await seed.collection(person, { visibility: 'PRIVATE', name: 'Kept' });
    const ids = { collectionId, postId: (await seed.post(person)).id };
    await add(person, ids);
    await remove(person, ids);
    expect(await notificationsOf(person)).toEqual([]);
    await add(admin, ids);
    await remove(admin, ids);
    const subject = { __typename: 'Collection', id: collectionId };
    expect(await notificationsOf(person)).toMatchObject([
      { kind: 'SYSTEM', body: 'An admin removed a post from your collection “Kept”.', subject },
      { kind: 'SYSTEM', body: 'An admin added a post to your collection “Kept”.', subject },
    ]);
  });

  test('find no collection and no post where there is none', async () => {
    const collection = await seed.collection(owner);
    const post = await seed.post(owner);
    const before = await contents();
    for (const { fails, refused } of both) {
      for (const [input, expected] of [
        [{ collectionId: noCollection, postId: post.id }, ['NOT_FOUND', 'input.collectionId']],
        [{ collectionId: post.id, postId: post.id }, ['NOT_FOUND', 'input.collectionId']],
        [{ collectionId: noCollection, postId: noPost }, ['NOT_FOUND', 'input.collectionId']],
        [{ collectionId: collection.id, postId: noPost }, ['NOT_FOUND', 'input.postId']],
        [{ collectionId: collection.id, postId: collection.id }, ['NOT_FOUND', 'input.postId']],
      ] as const) {
        expect([input, await refused(owner.client, input)]).toEqual([input, [expected]]);
      }
      for (const input of [
        { collectionId: 'x', postId: post.id },
        { collectionId: collection.id, postId: 'x' },
      ]) {
        expect(await fails(owner.client, input)).toEqual(['BAD_USER_INPUT']);
      }
    }
    expect(await contents()).toBe(before);
  });

  test('adding beside the deletion of post or collection: in it, or not found, and never an error', async () => {
    for (let round = 0; round < 10; round++) {
      const collection = await seed.collection(owner);
      const post = await seed.post(owner);
      const ids = { collectionId: collection.id, postId: post.id };
      const deletion =
        round % 2
          ? owner.client.refused(DeletePostDocument, { input: { id: post.id } })
          : owner.client.refused(DeleteCollectionDocument, { input: { id: collection.id } });
      const [added, deleted] = await Promise.all([
        owner.client.refused(AddPostToCollectionDocument, { input: ids }),
        deletion,
      ]);
      expect(deleted).toEqual([]);
      const missing = ['NOT_FOUND', round % 2 ? 'input.postId' : 'input.collectionId'];
      expect([[], [missing]]).toContainEqual(added);
      const held = await site.sql(
        'select from collection_post where collection_id = (select id from collection where name = $1)',
        collection.name,
      );
      expect(held).toEqual([]);
    }
  });
});
