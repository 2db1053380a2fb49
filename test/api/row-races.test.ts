import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { afterAll, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  AddPostToCollectionDocument,
  AdjustWalletDocument,
  ClaimRewardDocument,
  CompletionsDocument,
  CreatePostDocument,
  DeleteAccountDocument,
  DeleteCollectionDocument,
  DeletePostDocument,
  DeleteProductDocument,
  PurchaseProductDocument,
  RefreshSessionDocument,
  RemovePostFromCollectionDocument,
  ReverseEntryDocument,
  SetRoleDocument,
  SignInDocument,
  SuspendAccountDocument,
  UpdateCollectionDocument,
  UpdatePostDocument,
  UpdateProductDocument,
  UpdateProfileDocument,
  UpdateRewardDocument,
  UpdateWholeQuestDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { present, unique } from '../kit/unique.ts';
import { expectSoundLedger } from './ledger.ts';
import { overtaken } from './overtaken.ts';
import { gold, orderOf } from './shop.ts';

const { client: nobody, seed, site } = await startApp();
const admin = (await seed.boss()).client;
afterAll(() => expectSoundLedger(site));

/** Actions that touch the same row, each in a different way; each returns the codes of its errors. */
type Acts = readonly (() => Promise<unknown[]>)[];

async function wallet(): Promise<Acts> {
  const person = await seed.user();
  const { client, id: userId } = person;
  const [product, reward] = await Promise.all([seed.product({ price: gold(10) }), seed.reward(gold(10))]);
  const given = await seed.give(person, gold(10));
  await seed.purchase(person, product);
  const rewards = [{ rewardId: reward.id }];
  const [claimed, paying] = await Promise.all([
    seed.quest({ rewards }),
    seed.quest({ rewards, autoClaim: true, maxCompletions: null }),
  ]);
  await seed.event(person, claimed.eventType);
  await site.settled();
  const { completions } = present((await client.run(CompletionsDocument)).viewer);
  const completionId = present(completions.nodes[0]).id;
  const adjust = (amount: number) => () => {
    const input = { userId, amount: gold(amount), note: 'in a race', idempotencyKey: randomUUID() };
    return admin.fails(AdjustWalletDocument, { input });
  };
  return [
    adjust(10),
    adjust(-10),
    () => client.fails(PurchaseProductDocument, { input: orderOf(product) }),
    () => admin.fails(ReverseEntryDocument, { input: { entryId: given.id, note: 'in a race' } }),
    () => client.fails(ClaimRewardDocument, { input: { completionId } }),
    () => seed.event(person, paying.eventType).then(() => []),
  ];
}

async function product(): Promise<Acts> {
  const [buyer, sold] = await Promise.all([
    seed.user().withGold(1_000),
    seed.product({ price: gold(1), stock: 4 }),
  ]);
  const set = (changes: object) => () =>
    admin.fails(UpdateProductDocument, { input: { id: sold.id, expectedVersion: 1, ...changes } });
  const buy = (quantity: number) => () =>
    buyer.client.fails(PurchaseProductDocument, { input: orderOf(sold, { quantity }) });
  return [
    ...[
      buy(1),
      buy(3),
      set({ stock: 1 }),
      set({ stock: null }),
      set({ price: gold(2) }),
      set({ active: false }),
    ],
    () => admin.fails(DeleteProductDocument, { input: { id: sold.id } }),
  ];
}

async function account(): Promise<Acts> {
  const { client, id: userId, username: login, password, refreshToken } = await seed.user();
  const suspend = (suspended: boolean) => () =>
    admin.fails(SuspendAccountDocument, { input: { userId, suspended } });
  return [
    () => client.fails(UpdateProfileDocument, { input: { username: unique('u'), timeZone: 'Asia/Tokyo' } }),
    () => nobody.fails(SignInDocument, { input: { login, password } }),
    () => nobody.fails(RefreshSessionDocument, { input: { refreshToken } }),
    () => admin.fails(SetRoleDocument, { input: { userId, role: 'SERVICE' } }),
    ...[suspend(true), suspend(false)],
    () => client.fails(CreatePostDocument, { input: { title: 'A post', body: 'In a race.' } }),
    () => client.fails(DeleteAccountDocument, { input: { password } }),
  ];
}

async function content(): Promise<Acts> {
  const person = await seed.user();
  const { client } = person;
  const [post, collection] = await Promise.all([seed.post(person), seed.collection(person)]);
  const both = { input: { collectionId: collection.id, postId: post.id } };
  const edit = { id: post.id, expectedVersion: 1, title: 'Another' };
  const hide = { id: collection.id, expectedVersion: 1, visibility: 'PRIVATE' } as const;
  return [
    () => client.fails(AddPostToCollectionDocument, both),
    () => admin.fails(RemovePostFromCollectionDocument, both),
    () => client.fails(UpdatePostDocument, { input: edit }),
    () => admin.fails(UpdateCollectionDocument, { input: hide }),
    () => client.fails(DeletePostDocument, { input: { id: post.id } }),
    () => admin.fails(DeleteCollectionDocument, { input: { id: collection.id } }),
    () => client.fails(DeleteAccountDocument, { input: { password: person.password } }),
  ];
}

async function quest(): Promise<Acts> {
  const [person, reward] = await Promise.all([seed.user(), seed.reward(gold(1))]);
  const rewards = [{ rewardId: reward.id }];
  const moved = await seed.quest({ rewards, autoClaim: true, maxCompletions: null });
  const set = (changes: object) => () =>
    admin.fails(UpdateWholeQuestDocument, { input: { id: moved.id, expectedVersion: 1, ...changes } });
  const raise = { id: reward.id, expectedVersion: 1, item: gold(2) };
  return [
    () => seed.event(person, moved.eventType).then(() => []),
    ...[set({ goal: 2 }), set({ archived: true }), set({ rewards: [] })],
    () => admin.fails(UpdateRewardDocument, { input: raise }),
  ];
}

// Refusals are fine; the test looks for failures without a reason that a client could know.
const unexpected = ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'];

test.each([
  ['wallet', wallet],
  ['product', product],
  ['account', account],
  ['post and a collection', content],
  ['quest', quest],
] as const)(
  'any two changes of one %s at the same moment: none fails',
  { timeout: 60_000 },
  async (_, make) => {
    const count = (await make()).length;
    const pairs = Array.from({ length: count }, (_, one) =>
      Array.from({ length: count - one }, (_, more) => [one, one + more] as const),
    ).flat();
    // A few pairs at a time: all at once would overload the server, which is not what this tests.
    const atOnce = pLimit(6);
    const codes = await atOnce.map(pairs, async (pair) => {
      const acts = await make();
      const racing = [...pair, ...pair, ...pair].map((index) => present(acts[index])());
      return [pair, (await Promise.all(racing)).flat().filter((code) => unexpected.includes(String(code)))];
    });
    expect(codes).toEqual(pairs.map((pair) => [pair, []]));
    await site.settled();
    expect(await site.sql('select from recorded_event where attempts > 0')).toEqual([]);
  },
);

test('a session that is refreshed while its role is changed gets the new one', async () => {
  const person = await seed.user();
  const change = `update account set role = 'SERVICE' where id = $1`;
  const [refreshed] = await overtaken(site, [change, parseId(person.id).uuid], () =>
    nobody.mutate(RefreshSessionDocument, { input: { refreshToken: person.refreshToken } }),
  );
  const [, claims = ''] = present(refreshed).accessToken.split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ role: 'SERVICE' });
});
