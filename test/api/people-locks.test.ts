import { beforeAll, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  AccountDocument,
  AddPostToCollectionDocument,
  AdjustWalletDocument,
  ClaimRewardDocument,
  CompletionsDocument,
  DeleteAccountDocument,
  DeleteUserDocument,
  type Role,
  SetRoleDocument,
  SuspendAccountDocument,
  UserDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';
import { contentsOf } from './content.ts';
import { expectSoundLedger } from './ledger.ts';
import { overtaken } from './overtaken.ts';

const { client, seed, site } = await startApp();

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const roleOf = async ({ id: userId }: Person): Promise<Role | undefined> =>
  (await admin.client.run(AccountDocument, { userId })).account?.role;
const isThere = async ({ id }: Person) => (await client.run(UserDocument, { id })).user !== null;
const uuidOf = ({ id }: { readonly id: string }) => parseId(id).uuid;

test.each([
  ['made something else', `update account set role = 'USER' where id = $1`],
  ['suspended', `update account set status = 'SUSPENDED' where id = $1`],
  ['deleted', 'update account set deleted_at = now(), email = null where id = $1'],
])('an admin who is %s meanwhile does nothing more', async (_, change) => {
  const person = await seed.user();
  const userId = person.id;
  for (const act of [
    ({ client: by }: Person) => by.ask(SetRoleDocument, { input: { userId, role: 'ADMIN' } }),
    ({ client: by }: Person) => by.ask(SuspendAccountDocument, { input: { userId, suspended: true } }),
    ({ client: by }: Person) => by.ask(DeleteUserDocument, { input: { userId } }),
  ]) {
    const former = await seed.admin();
    const answers = await overtaken<{ body: { errors?: Parameters<typeof codesOf>[0] } }>(
      site,
      [change, uuidOf(former)],
      () => act(former),
    );
    expect(answers.map(({ body }) => codesOf(body.errors))).toEqual([['UNAUTHENTICATED']]);
  }
  expect(await roleOf(person)).toBe('USER');
});

test('two admins who leave at the same moment: the second is the last', async () => {
  const alone = await startApp();
  const [one, other] = [await alone.seed.admin(), await alone.seed.admin()];
  const setRole = ({ client: own, id: userId }: Person) =>
    own.refused(SetRoleDocument, { input: { userId, role: 'USER' } });
  const answers = await overtaken(
    alone.site,
    ['select from account order by id for update'],
    () => setRole(one),
    () => setRole(other),
  );
  expect(answers.flat()).toEqual([['NOT_AVAILABLE', 'input.userId']]);
});

test('a password that has changed meanwhile deletes nothing', async () => {
  const person = await seed.user();
  const answers = await overtaken(
    site,
    [`update account set password_hash = 'another' where id = $1`, uuidOf(person)],
    () => person.client.refused(DeleteAccountDocument, { input: { password: person.password } }),
  );
  expect(answers).toEqual([[['CREDENTIALS_INVALID', 'input.password']]]);
  expect(await isThere(person)).toBe(true);
});

test('a deletion waits until the person’s events are applied, and nobody applies them then', async () => {
  const person = await seed.user();
  await overtaken(
    site,
    [`select pg_advisory_xact_lock(hashtextextended('questline_person:' || $1, 0))`, uuidOf(person)],
    async () => {
      await admin.client.mutate(DeleteUserDocument, { input: { userId: person.id } });
    },
    async () => {
      expect(await isThere(person)).toBe(true);
      // One more waiting statement, which shows that the first is still waiting.
      await site.sql(
        `select pg_advisory_xact_lock(hashtextextended('questline_person:' || $1, 0))`,
        uuidOf(person),
      );
    },
  );
  expect(await isThere(person)).toBe(false);
});

test('a deletion waits for a claim and for a gift that are under way', async () => {
  const person = await seed.user();
  const reward = await seed.reward();
  const { eventType } = await seed.quest({ rewards: [{ rewardId: reward.id }] });
  await seed.event(person, eventType);
  await site.settled();
  const { viewer } = await person.client.run(CompletionsDocument);
  const completionId = present(viewer?.completions.nodes[0]).id;
  const amount = { currency: 'GOLD', amount: 1 } as const;
  const gift = { amount, note: 'x', idempotencyKey: 'a gift' };
  const gifted = await seed.user();
  const remove = ({ id: userId }: Person) => admin.client.refused(DeleteUserDocument, { input: { userId } });
  const holdWallet = 'select from wallet where id = $1 for update';
  const claimed = await overtaken(
    site,
    [holdWallet, uuidOf(person)],
    () => person.client.refused(ClaimRewardDocument, { input: { completionId } }),
    () => remove(person),
  );
  const given = await overtaken(
    site,
    [holdWallet, uuidOf(gifted)],
    () => admin.client.refused(AdjustWalletDocument, { input: { ...gift, userId: gifted.id } }),
    () => remove(gifted),
  );
  expect([claimed, given]).toEqual([
    [[], []],
    [[], []],
  ]);
  for (const [somebody, gold] of [
    [person, 10],
    [gifted, 1],
  ] as const) {
    expect(await isThere(somebody)).toBe(false);
    const wallet = await site.sql('select gold::int from wallet where id = $1', uuidOf(somebody));
    expect(wallet).toEqual([{ gold }]);
  }
  await expectSoundLedger(site);
});

test('a claim that comes after the deletion has begun is too late', async () => {
  const person = await seed.user();
  const reward = await seed.reward();
  const { eventType } = await seed.quest({ rewards: [{ rewardId: reward.id }] });
  await seed.event(person, eventType);
  const post = await seed.post(person);
  await site.settled();
  const { viewer } = await person.client.run(CompletionsDocument);
  const completionId = present(viewer?.completions.nodes[0]).id;
  const answers = await overtaken<string[]>(
    site,
    ['select from post where id = $1 for update', uuidOf(post)],
    () => admin.client.fails(DeleteUserDocument, { input: { userId: person.id } }),
    () => person.client.fails(ClaimRewardDocument, { input: { completionId } }),
  );
  expect(answers).toEqual([[], ['UNAUTHENTICATED']]);
  expect(await site.sql('select from ledger_entry where wallet_id = $1', uuidOf(person))).toEqual([]);
});

test('a person who is deleted meanwhile does nothing more', async () => {
  const [former, friend] = [await seed.admin(), await seed.user()];
  const [collection, post] = [await seed.collection(friend), await seed.post(friend)];
  const before = await contentsOf(site);
  const answers = await overtaken(
    site,
    [
      `with held as (select id from account where id = $1 for update)
       update account set deleted_at = now(), email = null from held where account.id = held.id`,
      uuidOf(former),
    ],
    () =>
      former.client.fails(AddPostToCollectionDocument, {
        input: { collectionId: collection.id, postId: post.id },
      }),
  );
  expect(answers).toEqual([['UNAUTHENTICATED']]);
  expect(await contentsOf(site)).toBe(before);
});
