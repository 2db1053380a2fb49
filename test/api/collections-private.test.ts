import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { parseId } from '../../src/domain/ids.ts';
import type { Reader } from '../../src/domain/reader.ts';
import { createLoaders } from '../../src/loaders/loaders.ts';
import {
  AddPostToCollectionDocument,
  CollectionDocument,
  CollectionsDocument,
  CollectionsOfPostDocument,
  type CollectionsQuery,
  ContentOfUserDocument,
  CreatePostDocument,
  DeleteCollectionDocument,
  NodeDocument,
  NodesDocument,
  type PostOrderField,
  PostPageDocument,
  RemovePostFromCollectionDocument,
  UpdateCollectionDocument,
  type UpdateCollectionInput,
  type Visibility,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Answer, Client } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { statements } from '../kit/statements.ts';
import { present, unique } from '../kit/unique.ts';

const app = await startApp();
const { client: nobody, seed, site } = app;

const none = 'collection_01h455vb4pex5vsknk084sn02q';
const word = unique('word');
let owner: Person;
let other: Person;
let outsiders: Record<string, Client>;
let insiders: Record<string, Client>;
/** The owner's collections, in the order of the list, with private ones between and around the public ones. */
let own: { readonly id: string; readonly visibility: Visibility }[];
let hidden: { readonly id: string; readonly version: number };
/** A post by another person, in all of them. */
let post: { readonly id: string };

beforeAll(async () => {
  [owner, other] = await Promise.all([seed.user(), seed.user()]);
  const [admin, service] = await Promise.all([seed.admin(), seed.service()]);
  outsiders = { nobody, other: other.client, service: service.client };
  insiders = { owner: owner.client, admin: admin.client };
  post = await seed.post(other, { title: word });
  own = [];
  for (const visibility of ['PRIVATE', 'PUBLIC', 'PRIVATE', 'PUBLIC', 'PRIVATE'] as const) {
    const collection = await seed.collection(owner, { visibility });
    await seed.collect(owner, collection, post);
    own.unshift(collection);
    if (visibility === 'PRIVATE') hidden = collection;
  }
  await site.settled();
});

const idsOf = (collections: readonly { readonly id: string }[]) => collections.map(({ id }) => id);
const open = () => own.filter(({ visibility }) => visibility === 'PUBLIC');
const contents = async () => {
  await site.settled();
  return site.contents('post', 'collection', 'collection_post', 'recorded_event', 'live_event');
};

/** Any query about one collection by its id. */
type Ask = (who: Client, id: string) => Promise<Answer<unknown>>;
const byField = (field: PostOrderField): Ask => {
  return (who, collectionId) =>
    who.ask(PostPageDocument, { filter: { collectionId }, orderBy: { field, direction: 'ASC' } });
};
const reads: Record<string, Ask> = {
  collection: (who, id) => who.ask(CollectionDocument, { id }),
  node: (who, id) => who.ask(NodeDocument, { id }),
  nodes: (who, id) => who.ask(NodesDocument, { ids: [id, id] }),
  'posts in it': (who, collectionId) => who.ask(PostPageDocument, { filter: { collectionId } }),
  'the last posts in it': (who, collectionId) =>
    who.ask(PostPageDocument, { filter: { collectionId }, last: 5 }),
  'posts of an author in it': (who, collectionId) =>
    who.ask(PostPageDocument, { filter: { collectionId, authorId: other.id } }),
  'posts in it in another order': byField('UPDATED_AT'),
  'posts in it by their titles': byField('TITLE'),
  'a search in it': (who, collectionId) =>
    who.ask(PostPageDocument, { search: word, filter: { collectionId } }),
};
const update = (who: Client, input: UpdateCollectionInput) => who.ask(UpdateCollectionDocument, { input });
const create = (who: Client, ...collectionIds: string[]) =>
  who.ask(CreatePostDocument, { input: { title: 'x', body: 'x', collectionIds } });
const writes: Record<string, Ask> = {
  updateCollection: (who, id) => update(who, { id, expectedVersion: 1, name: 'x' }),
  'updateCollection of another version': (who, id) =>
    update(who, { id, expectedVersion: 7, visibility: 'PUBLIC' }),
  'updateCollection with a bad name': (who, id) => update(who, { id, expectedVersion: 1, name: '' }),
  deleteCollection: (who, id) => who.ask(DeleteCollectionDocument, { input: { id } }),
  addPostToCollection: (who, collectionId) =>
    who.ask(AddPostToCollectionDocument, { input: { collectionId, postId: post.id } }),
  'addPostToCollection of no post': (who, collectionId) =>
    who.ask(AddPostToCollectionDocument, { input: { collectionId, postId: none } }),
  removePostFromCollection: (who, collectionId) =>
    who.ask(RemovePostFromCollectionDocument, { input: { collectionId, postId: post.id } }),
  createPost: (who, id) => create(who, id),
  'createPost in a public one, too': (who, id) => create(who, present(open()[0]).id, id),
};

/** The text of the answer, with the requested id masked. */
async function answer(who: Client, ask: Ask, id: string): Promise<string> {
  const { status, body } = await ask(who, id);
  return JSON.stringify({ status, body }).replaceAll(id, 'ID');
}

describe('somebody else’s private collection', () => {
  test.each(Object.entries({ ...reads, ...writes }))('is none to %s', async (_name, ask) => {
    const before = await contents();
    for (const [name, who] of Object.entries(outsiders)) {
      const [seen, absent] = [await answer(who, ask, hidden.id), await answer(who, ask, none)];
      expect([name, seen]).toEqual([name, absent]);
    }
    expect(await contents()).toBe(before);
  });

  test.each(Object.entries(reads))('is there for its owner and admins to %s', async (_name, ask) => {
    for (const who of Object.values(insiders))
      expect(await answer(who, ask, hidden.id)).not.toBe(await answer(who, ask, none));
  });

  test.each(Object.entries({ ...reads, ...writes }))(
    'takes the same statements as none of %s',
    async (_name, ask) => {
      for (const who of Object.values(outsiders)) {
        const sent = (id: string) => statements(app, () => answer(who, ask, id));
        expect(await sent(hidden.id)).toEqual(await sent(none));
      }
    },
  );

  test('is in no list, no count and no page of others', async () => {
    const lists = async (who: Client, first: number) => {
      const { collections } = await who.run(CollectionsDocument, { ownerId: owner.id, first });
      const { user } = await who.run(ContentOfUserDocument, { username: owner.username, first });
      return [collections, present(user).collections];
    };
    for (const [who, seen] of [
      ...Object.values(outsiders).map((client) => [client, open()] as const),
      ...Object.values(insiders).map((client) => [client, own] as const),
    ]) {
      for (const list of await lists(who, 100))
        expect([list.totalCount, idsOf(list.nodes)]).toEqual([seen.length, idsOf(seen)]);
      for (const list of await lists(who, 1)) expect(idsOf(list.nodes)).toEqual(idsOf(seen.slice(0, 1)));
      const { post: shown } = await who.run(CollectionsOfPostDocument, { id: post.id });
      expect(present(shown).collections).toEqual({
        totalCount: seen.length,
        nodes: seen.map(({ id }) => ({ id })),
        edges: seen.map(({ id }) => ({ node: { id } })),
      });
    }
  });

  test('is behind no cursor', async () => {
    for (const [who, seen] of [
      ...Object.values(outsiders).map((client) => [client, open()] as const),
      ...Object.values(insiders).map((client) => [client, own] as const),
    ]) {
      const found: string[] = [];
      let after: string | null = null;
      do {
        const { collections }: CollectionsQuery = await who.run(CollectionsDocument, {
          ownerId: owner.id,
          first: 1,
          after,
        });
        found.push(...idsOf(collections.nodes));
        after = collections.pageInfo.hasNextPage ? collections.pageInfo.endCursor : null;
      } while (after !== null);
      expect(found).toEqual(idsOf(seen));
    }
  });

  test('is in nobody’s list of all collections', async () => {
    const { collections } = await nobody.run(CollectionsDocument, { first: 100 });
    expect(collections.nodes.map(({ visibility }) => visibility)).not.toContain('PRIVATE');
    const { length } = collections.nodes;
    expect(collections.totalCount).toBe(length);
    for (const who of [other.client, present(outsiders.service)])
      expect((await who.run(CollectionsDocument, { first: 100 })).collections.totalCount).toBe(length);
  });

  test('shows none of its posts where it was hidden after it was read', async () => {
    const database = await site.database();
    const postsFor = async (reader: Reader) => {
      const { postsOfCollection } = createLoaders(database, () => reader);
      const request = { page: { limit: 20, backward: false }, order: 'lastAdded' } as const;
      const { nodes, totalCount } = await postsOfCollection.connection(parseId(hidden.id).uuid, request);
      return [idsOf(nodes), await totalCount()];
    };
    const accountOf = ({ id }: Person) => ({ accountId: parseId(id).uuid, role: 'USER' });
    for (const reader of [null, accountOf(other)]) expect(await postsFor(reader)).toEqual([[], 0]);
    expect(await postsFor(accountOf(owner))).toEqual([[post.id], 1]);
  });

  test('neither waits for whoever changes it nor makes them wait', async () => {
    const { uuid } = parseId(hidden.id);
    await transaction(await site.database(), async (tx) => {
      await tx.query(lockRow, [uuid]);
      for (const [name, ask] of Object.entries(writes))
        expect([name, await answer(other.client, ask, hidden.id)]).toEqual([
          name,
          await answer(other.client, ask, none),
        ]);
    });
  });
});

// Locks the row, and its place in the queue.
const lockRow = statement(
  'test.lockCollection',
  `select pg_advisory_xact_lock(hashtextextended('questline_row:' || id, 0)) from collection where id = $1 for update`,
);
