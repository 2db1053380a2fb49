import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  AddPostToCollectionDocument,
  AdjustWalletDocument,
  ClaimRewardDocument,
  CompletionsDocument,
  CreateCollectionDocument,
  CreatePostDocument,
  DeleteAccountDocument,
  DeletePostDocument,
  DeleteUserDocument,
  PurchaseProductDocument,
  RecordEventsDocument,
  RefreshSessionDocument,
  RemovePostFromCollectionDocument,
  SetRoleDocument,
  SignInDocument,
  SuspendAccountDocument,
  UpdateProfileDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Answer, codesOf } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { expectSoundLedger } from './ledger.ts';

const { client, seed, site } = await startApp();

let admin: Person;
let friend: Person;
let product: Awaited<ReturnType<typeof seed.product>>;
let friends: { readonly id: string };
beforeAll(async () => {
  [admin, friend, product] = await Promise.all([seed.admin(), seed.user(), seed.product(), seed.boss()]);
  friends = await seed.collection(friend);
});

type Told = Answer<{ readonly [field: string]: unknown }>;

const deletions: readonly ((person: Person) => Promise<Told>)[] = [
  ({ client: own, password }: Person) => own.ask(DeleteAccountDocument, { input: { password } }),
  ({ id: userId }: Person) => admin.client.ask(DeleteUserDocument, { input: { userId } }),
];

/** Why it was not done, from GraphQL errors and user errors; empty if it was done. */
function reasons({ body }: Told): string[] {
  const errors = JSON.stringify(body.data ?? {}).matchAll(/"code":"(\w+)"/g);
  return [...codesOf(body.errors), ...[...errors].map(([, code = '']) => code)];
}

/** Expects that nothing is left of a person but what must be kept. */
async function expectGone({ id }: Person): Promise<void> {
  await site.settled();
  const { uuid } = parseId(id);
  for (const [table, column] of [
    ...['session', 'identity', 'idempotency_key', 'notification'].map((name) => [name, 'account_id']),
    ...['recorded_event', 'quest_progress', 'quest_progress_event'].map((name) => [name, 'account_id']),
    ['post', 'author_id'],
    ['collection', 'owner_id'],
  ])
    expect([table, await site.sql(`select from ${table} where ${column} = $1`, uuid)]).toEqual([table, []]);
  const [row] = await site.sql('select username, email, role from account where id = $1', uuid);
  expect(row).toEqual({ username: expect.stringMatching(/^deleted-/), email: null, role: 'USER' });
  await expectSoundLedger(site);
}

/** A person with 60 unclaimed rewards and gold for 60 purchases. */
async function rich() {
  const person = await seed.user().withGold(600);
  const reward = await seed.reward();
  const { eventType } = await seed.quest({ maxCompletions: null, rewards: [{ rewardId: reward.id }] });
  const [post, collection] = [await seed.post(person), await seed.collection(person)];
  const events = Array.from({ length: 60 }, () => ({
    eventId: crypto.randomUUID(),
    eventType,
    timestamp: new Date().toISOString(),
    userId: person.id,
  }));
  await admin.client.mutate(RecordEventsDocument, { input: { events } });
  await site.settled();
  const { viewer } = await person.client.run(CompletionsDocument, { first: 100 });
  const completionIds = present(viewer).completions.nodes.map(({ id }) => id);
  expect(completionIds).toHaveLength(60);
  return { person, completionIds, post, collection };
}

type Rich = Awaited<ReturnType<typeof rich>>;

/** What people do, and what others do to them, while they are being deleted. */
const doings: Readonly<Record<string, (rich: Rich, n: number) => Promise<Told>>> = {
  claim: ({ person, completionIds }, n) =>
    person.client.ask(ClaimRewardDocument, { input: { completionId: completionIds[n] ?? '' } }),
  purchase: ({ person }, n) =>
    person.client.ask(PurchaseProductDocument, {
      input: {
        productId: product.id,
        expectedPrice: { currency: 'GOLD', amount: 10 },
        idempotencyKey: `key ${n}`,
      },
    }),
  post: ({ person }) =>
    person.client.ask(CreatePostDocument, { input: { title: unique('Post '), body: 'x' } }),
  collect: ({ person }) =>
    person.client.ask(CreateCollectionDocument, { input: { name: unique('Collection ') } }),
  event: ({ person }) =>
    admin.client.ask(RecordEventsDocument, {
      input: {
        events: [
          {
            eventId: crypto.randomUUID(),
            eventType: unique('test.'),
            timestamp: new Date().toISOString(),
            userId: person.id,
          },
        ],
      },
    }),
  signIn: ({ person: { username: login, password } }) =>
    client.ask(SignInDocument, { input: { login, password } }),
  refresh: ({ person: { refreshToken } }) => client.ask(RefreshSessionDocument, { input: { refreshToken } }),
  rename: ({ person }) =>
    person.client.ask(UpdateProfileDocument, { input: { displayName: unique('Name ') } }),
  gift: ({ person }) =>
    admin.client.ask(AdjustWalletDocument, {
      input: {
        userId: person.id,
        amount: { currency: 'GOLD', amount: 1 },
        note: 'x',
        idempotencyKey: unique('key'),
      },
    }),
  'collected by themselves': ({ person, post: { id: postId }, collection: { id: collectionId } }, n) => {
    const input = { collectionId, postId };
    return n % 2
      ? person.client.ask(RemovePostFromCollectionDocument, { input })
      : person.client.ask(AddPostToCollectionDocument, { input });
  },
  'collected by a friend': ({ post }) =>
    friend.client.ask(AddPostToCollectionDocument, { input: { collectionId: friends.id, postId: post.id } }),
  'post deleted by an admin': ({ post }) => admin.client.ask(DeletePostDocument, { input: { id: post.id } }),
  'role changed': ({ person }, n) =>
    admin.client.ask(SetRoleDocument, { input: { userId: person.id, role: n % 2 ? 'SERVICE' : 'USER' } }),
  suspended: ({ person }, n) =>
    admin.client.ask(SuspendAccountDocument, { input: { userId: person.id, suspended: n % 2 === 0 } }),
};

/** The codes that a request may get if it comes after the deletion. */
const tooLate = ['UNAUTHENTICATED', 'NOT_FOUND', 'CREDENTIALS_INVALID', 'TOKEN_INVALID'];

describe('a deletion in the midst of 50 at once', () => {
  test.each([
    'claim',
    'purchase',
    'post',
    'collect',
    'event',
    'gift',
    'signIn',
    'collected by a friend',
    'collected by themselves',
  ])('of the kind %s leaves nothing of them, and a sound ledger', async (name) => {
    for (const [index, remove] of deletions.entries()) {
      const life = await rich();
      const answers = await inTheMidst(
        50,
        (n) => present(doings[name])(life, n),
        10 + index * 20,
        () => remove(life.person),
      );
      for (const answer of answers) expect(tooLate).toEqual(expect.arrayContaining(reasons(answer)));
      await expectGone(life.person);
    }
  });

  test.each([0, 10, 25, 40])('of all kinds, after %i of them, leaves the same', async (after) => {
    for (const remove of deletions) {
      const life = await rich();
      const kinds = Object.values(doings);
      const answers = await inTheMidst(
        50,
        (n) => present(kinds[n % kinds.length])(life, n),
        after,
        () => remove(life.person),
      );
      // A suspension or a change of role may end the token of the person who deletes the account.
      for (const answer of answers) expect(tooLate).toEqual(expect.arrayContaining(reasons(answer)));
      await admin.client.ask(DeleteUserDocument, { input: { userId: life.person.id } });
      await expectGone(life.person);
    }
  });

  test('of deletions deletes once', async () => {
    const { person } = await rich();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => present(deletions[n % 2])(person)),
    );
    const codes = answers.map(reasons);
    expect(codes.filter((reason) => reason.length === 0)).toHaveLength(1);
    expect(new Set(codes.flat())).toEqual(new Set(['UNAUTHENTICATED', 'NOT_FOUND']));
    await expectGone(person);
  });
});

/** Starts `count` actions at once, with the deletion after some of them; returns all answers. */
function inTheMidst<T>(
  count: number,
  act: (n: number) => Promise<T>,
  after: number,
  remove: () => Promise<T>,
): Promise<T[]> {
  return Promise.all(
    Array.from({ length: count }, (_, n) => (n === after ? [remove(), act(n)] : [act(n)])).flat(),
  );
}
