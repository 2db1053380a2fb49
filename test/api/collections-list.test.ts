import { beforeAll, expect, test } from 'vitest';
import {
  CollectionDocument,
  CollectionsDocument,
  CollectionsOfPostDocument,
  type CollectionsQuery,
  ContentOfUserDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';
import { noCollection, noPost } from './content.ts';

const { client, seed } = await startApp();

let owner: Person;
let other: Person;
/** The owner's collections, newest first. */
let own: string[];
/** A post in every second of them, and in one of the other person's, which is the newest of all. */
let post: { readonly id: string };
let theirs: { readonly id: string };
beforeAll(async () => {
  [owner, other] = await Promise.all([seed.user(), seed.user()]);
  post = await seed.post(other);
  own = [];
  for (let n = 0; n < 22; n++) {
    const collection = await seed.collection(owner);
    own.unshift(collection.id);
    if (n % 2) await seed.collect(owner, collection, post);
  }
  theirs = await seed.collection(other);
  await seed.collect(other, theirs, post);
});

const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

test('collections come newest first, 20 to a page, of everyone or of one owner', async () => {
  const pageOf = async (variables: object): Promise<CollectionsQuery['collections']> =>
    (await client.run(CollectionsDocument, variables)).collections;
  const everyone = [theirs.id, ...own];
  const first = await pageOf({});
  expect([idsOf(first.nodes), first.totalCount]).toEqual([everyone.slice(0, 20), 23]);
  const rest = await pageOf({ after: first.pageInfo.endCursor });
  expect([idsOf(rest.nodes), rest.totalCount, rest.pageInfo.hasNextPage]).toEqual([
    everyone.slice(20),
    23,
    false,
  ]);
  const ofOwner = await pageOf({ ownerId: owner.id, first: 100 });
  expect([idsOf(ofOwner.nodes), ofOwner.totalCount]).toEqual([own, 22]);
  expect((await pageOf({ ownerId: null })).totalCount).toBe(23);
  for (const ownerId of ['user_01h455vb4pex5vsknk084sn02q', owner.accountId, noPost])
    expect(await pageOf({ ownerId })).toMatchObject({ totalCount: 0, nodes: [] });
  for (const given of [{ ownerId: 'x' }, { first: 101 }, { first: -1 }, { after: 'x' }])
    expect([given, await client.fails(CollectionsDocument, given)]).toEqual([given, ['BAD_USER_INPUT']]);
  // A cursor of another list.
  const after = first.pageInfo.endCursor;
  expect(await client.fails(CollectionDocument, { id: theirs.id, after })).toEqual(['BAD_USER_INPUT']);
});

test('those of a person and of a post come newest first, too', async () => {
  const { user } = await client.run(ContentOfUserDocument, { username: owner.username, first: 100 });
  expect([idsOf(present(user).collections.nodes), user?.collections.totalCount]).toEqual([own, 22]);
  const { post: shown } = await client.run(CollectionsOfPostDocument, { id: post.id });
  const holding = [theirs.id, ...own.filter((_, index) => index % 2 === 0)];
  expect(present(shown).collections).toMatchObject({
    totalCount: 12,
    nodes: holding.map((id) => ({ id })),
  });
});

test('a collection is found by its own id alone', async () => {
  for (const id of [noCollection, noPost, owner.id])
    expect(await client.run(CollectionDocument, { id })).toEqual({ collection: null });
  expect(await client.fails(CollectionDocument, { id: 'collection' })).toEqual(['BAD_USER_INPUT']);
});
