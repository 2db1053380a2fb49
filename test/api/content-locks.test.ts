import { beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { parseId } from '../../src/domain/ids.ts';
import {
  AddPostToCollectionDocument,
  CreateCollectionDocument,
  CreatePostDocument,
  DeleteAccountDocument,
  DeleteCollectionDocument,
  DeletePostDocument,
  DeleteUserDocument,
  PurchaseProductDocument,
  RemovePostFromCollectionDocument,
  UpdateCollectionDocument,
  UpdatePostDocument,
  UpdateProductDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Answer, codesOf } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { statements } from '../kit/statements.ts';
import { unique } from '../kit/unique.ts';
import { contentsOf } from './content.ts';
import { overtaken } from './overtaken.ts';

// Which transaction waits for which, and in what order.

const app = await startApp();
const { seed, site } = app;

let owner: Person;
let other: Person;
let admin: Person;
beforeAll(async () => {
  [owner, other, admin] = await Promise.all([seed.user(), seed.user(), seed.admin()]);
});

interface Target {
  readonly id: string;
}
type Told = Answer<{ readonly [field: string]: unknown }>;

const uuidOf = ({ id }: Target) => parseId(id).uuid;
const lockRow = (table: string, target: Target, strength = 'for update') =>
  [`select from ${table} where id = $1 ${strength}`, uuidOf(target)] as const;
const add = ({ client }: Person, { id: collectionId }: Target, { id: postId }: Target) =>
  client.ask(AddPostToCollectionDocument, { input: { collectionId, postId } });
const remove = ({ client }: Person, { id: collectionId }: Target, { id: postId }: Target) =>
  client.ask(RemovePostFromCollectionDocument, { input: { collectionId, postId } });
const write = ({ client }: Person, collectionIds: string[] = []) =>
  client.ask(CreatePostDocument, { input: { title: unique('Post '), body: 'x', collectionIds } });
const rename = ({ client }: Person, { id }: Target) =>
  client.ask(UpdateCollectionDocument, { input: { id, expectedVersion: 1, name: 'Renamed' } });
const retitle = ({ client }: Person, { id }: Target) =>
  client.ask(UpdatePostDocument, { input: { id, expectedVersion: 1, title: 'Renamed' } });
const removePost = ({ client }: Person, { id }: Target) => client.ask(DeletePostDocument, { input: { id } });
const removeCollection = ({ client }: Person, { id }: Target) =>
  client.ask(DeleteCollectionDocument, { input: { id } });
const leave = ({ client, password }: Person) => client.ask(DeleteAccountDocument, { input: { password } });

/** Why it was not done, from GraphQL errors and user errors; empty if it was done. */
function reasons({ body }: Told): string[] {
  const errors = JSON.stringify(body.data ?? {}).matchAll(/"code":"(\w+)"/g);
  return [...codesOf(body.errors), ...[...errors].map(([, code = '']) => code)];
}

// Locks the row, and its place in the queue.
const lockOf = (table: string) =>
  statement(
    `test.lock_${table}`,
    `select pg_advisory_xact_lock(hashtextextended('questline_row:' || id, 0)) from ${table} where id = $1 for update`,
  );
const lockCollection = lockOf('collection');
const lockPost = lockOf('post');
const editPost = statement('test.edit_post', 'select from post where id = $1 for no key update');
const holdPost = statement('test.hold_post', 'select from post where id = $1 for key share');
const shareCollection = statement(
  'test.share_collection',
  `select pg_advisory_xact_lock_shared(hashtextextended('questline_row:' || id, 0)) from collection where id = $1 for share`,
);

describe('whoever may not change it', () => {
  test('neither waits for those who do nor makes them wait', async () => {
    const collection = await seed.collection(owner);
    const post = await seed.post(owner);
    const before = await contentsOf(site);
    await transaction(await site.database(), async (tx) => {
      await tx.query(lockCollection, [uuidOf(collection)]);
      for (const act of [rename, removeCollection])
        expect(reasons(await act(other, collection))).toEqual(['FORBIDDEN']);
      for (const act of [add, remove])
        expect(reasons(await act(other, collection, post))).toEqual(['FORBIDDEN']);
      expect(reasons(await write(other, [collection.id]))).toEqual(['FORBIDDEN']);
    });
    await transaction(await site.database(), async (tx) => {
      await tx.query(lockPost, [uuidOf(post)]);
      for (const act of [retitle, removePost]) expect(reasons(await act(other, post))).toEqual(['FORBIDDEN']);
    });
    expect(await contentsOf(site)).toBe(before);
  });
});

test('those who do no harm to each other do not wait', async () => {
  const [collection, post] = [await seed.collection(owner), await seed.post(owner)];
  // Holds the locks of an edit of the post and of another post being added to the collection.
  await transaction(await site.database(), async (tx) => {
    await tx.query(editPost, [uuidOf(post)]);
    await tx.query(shareCollection, [uuidOf(collection)]);
    for (const act of [add, remove]) expect(reasons(await act(owner, collection, post))).toEqual([]);
    expect(reasons(await write(owner, [collection.id]))).toEqual([]);
  });
  await transaction(await site.database(), async (tx) => {
    await tx.query(holdPost, [uuidOf(post)]);
    expect(reasons(await retitle(owner, post))).toEqual([]);
  });
});

describe('whoever wants it alone is let in before those who come later to share it', () => {
  const shared = 'for share';
  const keyShared = 'for key share';

  test('a collection: it is changed or deleted before its posts are', async () => {
    const post = await seed.post(other);
    for (const later of [
      (collection: Target) => add(owner, collection, post),
      (collection: Target) => remove(owner, collection, post),
      (collection: Target) => write(owner, [collection.id]),
    ]) {
      const collection = await seed.collection(owner);
      const { id } = collection;
      const [renamed, done] = await overtaken<Told>(
        site,
        lockRow('collection', collection, shared),
        () => rename(owner, collection),
        () => later(collection),
      );
      expect([renamed, done].map((told) => told && reasons(told))).toEqual([[], []]);
      const [gone, missed] = await overtaken<Told>(
        site,
        lockRow('collection', { id }, shared),
        () => removeCollection(owner, collection),
        () => later(collection),
      );
      expect([gone, missed].map((told) => told && reasons(told))).toEqual([[], ['NOT_FOUND']]);
    }
  });

  test('a post: it is deleted before it is added to a collection', async () => {
    const [post, collection] = [await seed.post(owner), await seed.collection(other)];
    const answers = await overtaken<Told>(
      site,
      lockRow('post', post, keyShared),
      () => removePost(owner, post),
      () => add(other, collection, post),
    );
    expect(answers.map(reasons)).toEqual([[], ['NOT_FOUND']]);
  });

  test('an account: it is deleted before more is made for it', async () => {
    const product = await seed.product();
    const [collection, post] = [await seed.collection(other), await seed.post(other)];
    const makings: readonly ((person: Person) => Promise<Told>)[] = [
      (person) => write(person),
      (person) => person.client.ask(CreateCollectionDocument, { input: { name: 'x' } }),
      (person) => add(person, collection, post),
      (person) => remove(person, collection, post),
      ({ client }) =>
        client.ask(PurchaseProductDocument, {
          input: {
            productId: product.id,
            expectedPrice: { currency: 'GOLD', amount: 10 },
            idempotencyKey: 'x',
          },
        }),
    ];
    for (const make of makings) {
      const person = await seed.user().withGold(100);
      const answers = await overtaken<Told>(
        site,
        lockRow('account', person, keyShared),
        () => admin.client.ask(DeleteUserDocument, { input: { userId: person.id } }),
        () => make(person),
      );
      expect(answers.map(reasons)).toEqual([[], ['UNAUTHENTICATED']]);
    }
  });

  test('a product: its price is raised before it is sold again', async () => {
    const [person, product] = [await seed.user().withGold(100), await seed.product()];
    const price = { currency: 'GOLD', amount: 11 } as const;
    const answers = await overtaken<Told>(
      site,
      lockRow('product', product, shared),
      () => admin.client.ask(UpdateProductDocument, { input: { id: product.id, expectedVersion: 1, price } }),
      () =>
        person.client.ask(PurchaseProductDocument, {
          input: { productId: product.id, expectedPrice: product.price, idempotencyKey: 'x' },
        }),
    );
    expect(answers.map(reasons)).toEqual([[], ['PRICE_CHANGED']]);
  });
});

describe('nobody waits in a circle', () => {
  /** Expects each statement as often as it is sent if nothing is retried. */
  async function expectOnce(work: () => Promise<readonly Told[]>, ...names: string[]): Promise<Told[]> {
    await site.settled();
    let answers: readonly Told[] = [];
    const sent = await statements(app, async () => {
      answers = await work();
    });
    for (const name of names) expect([name, sent[name]]).toEqual([name, 1]);
    return [...answers];
  }

  test('when somebody leaves while they add a post', async () => {
    const person = await seed.user();
    const [collection, post] = [await seed.collection(person), await seed.post(other)];
    const answers = await expectOnce(
      () =>
        overtaken<Told>(
          site,
          lockRow('post', post),
          () => add(person, collection, post),
          () => leave(person),
        ),
      'collection_post.insert',
      'deletion.pseudonym',
      'account.lock_alone',
    );
    expect(answers.map(reasons)).toEqual([[], []]);
  });

  test('when somebody leaves while they delete a post', async () => {
    const person = await seed.user();
    const [collection, post] = [await seed.collection(person), await seed.post(person)];
    await seed.collect(person, collection, post);
    const answers = await expectOnce(
      () =>
        overtaken<Told>(
          site,
          lockRow('collection', collection),
          () => leave(person),
          () => removePost(person, post),
        ),
      'account.lock_alone',
      'post.lock_alone',
    );
    expect(answers.map(reasons)).toEqual([[], ['NOT_FOUND']]);
  });

  test('when somebody leaves while a friend adds their post', async () => {
    const [person, friend] = [await seed.user(), await seed.user()];
    const [collection, post] = [await seed.collection(friend), await seed.post(person)];
    await seed.collect(friend, collection, post);
    const answers = await expectOnce(
      () =>
        overtaken<Told>(
          site,
          lockRow('post', post),
          () => leave(person),
          () => add(friend, collection, post),
        ),
      'collection.lock_of.fetch',
      'post.hold',
    );
    expect(answers.map(reasons)).toEqual([[], ['NOT_FOUND']]);
  });

  test('when two friends leave who have collected each other’s posts', async () => {
    const friends = [await seed.user(), await seed.user()];
    const posts = [];
    for (const friend of friends) posts.push(await seed.post(friend));
    const kept = await seed.post(other);
    for (const friend of friends) await seed.collect(friend, await seed.collection(friend), ...posts, kept);
    await site.settled();
    const [one, two] = friends;
    if (one === undefined || two === undefined) throw new Error('There are two.');
    const sent = await statements(app, async () => {
      const answers = await overtaken<Told>(
        site,
        [`select from post where author_id in ($1, $2) for update`, uuidOf(one), uuidOf(two)],
        () => leave(one),
        () => leave(two),
      );
      expect(answers.map(reasons)).toEqual([[], []]);
    });
    expect(sent).toMatchObject({
      'collection.lock_of.fetch': 2,
      'post.lock_of.fetch': 2,
      'deletion.pseudonym': 2,
    });
  });
});
