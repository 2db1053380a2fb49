import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { systemWallets } from '../../src/services/ledger.ts';
import {
  AdjustWalletDocument,
  ClaimRewardDocument,
  CompletionsDocument,
  PurchaseProductDocument,
  ReverseEntryDocument,
} from '../generated/operations.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';
import { expectSoundLedger } from './ledger.ts';
import { overtaken } from './overtaken.ts';
import { gold, orderOf, Shop } from './shop.ts';

const shop = await Shop.open();
const { seed, site } = shop.app;
const admin = (await seed.boss()).client;
afterEach(() => expectSoundLedger(site));

/** Another posting to a wallet: both sides, and the balance. */
const posting = ({ id }: Person, amount: number) =>
  [
    `with posted as (
      insert into ledger_entry (wallet_id, currency, amount, balance_after, reason, source_id)
      select side.id, 'GOLD', side.amount, side.balance, 'ADJUSTMENT', $3::uuid
      from wallet cross join lateral (values (wallet.id, $2::bigint, gold + $2), ($4::uuid, -$2, null))
        as side (id, amount, balance)
      where wallet.id = $1
    )
    update wallet set gold = gold + $2 where id = $1`,
    parseId(id).uuid,
    amount,
    randomUUID(),
    systemWallets.adjustments,
  ] as const;

const most = Number.MAX_SAFE_INTEGER;
const ten = gold(10);
const adjust = ({ id: userId }: Person, amount: number) => {
  const input = { userId, amount: gold(amount), note: 'in a race', idempotencyKey: randomUUID() };
  return admin.refused(AdjustWalletDocument, { input });
};
const reverse = (entryId: string) =>
  admin.refused(ReverseEntryDocument, { input: { entryId, note: 'in a race' } });
const newestEntry = async (person: Person) => present((await shop.walletOf(person)).entries[0]).id;

/** Completes a quest that pays ten gold. */
async function completed(person: Person): Promise<string> {
  const quest = await seed.quest({ rewards: [{ rewardId: (await seed.reward(ten)).id }] });
  await seed.event(person, quest.eventType);
  await site.settled();
  const { nodes } = present((await person.client.run(CompletionsDocument)).viewer).completions;
  return present(nodes[0]).id;
}

type Act = () => Promise<unknown>;
type Prepare = (person: Person) => Promise<Act>;

/** Actions that take ten gold. */
const debits: readonly [string, Prepare][] = [
  [
    'a purchase',
    async (person) => {
      const order = orderOf(await seed.product({ price: ten }));
      return () => shop.refusal(person, order);
    },
  ],
  ['an adjustment', async (person) => () => adjust(person, -10)],
  [
    'a reversal',
    async (person) => {
      const { id } = await seed.give(person, ten);
      await adjust(person, -10);
      return () => reverse(id);
    },
  ],
];

/** Actions that give ten gold; one fails at the end, which leaves the wallet unchanged. */
const credits: readonly [string, Prepare][] = [
  [
    'a claim',
    async (person) => {
      const completionId = await completed(person);
      return () => person.client.refused(ClaimRewardDocument, { input: { completionId } });
    },
  ],
  ['an adjustment', async (person) => () => adjust(person, 10)],
  [
    'a reversal',
    async (person) => {
      await seed.give(person, ten);
      await seed.purchase(person, await seed.product({ price: ten }));
      const entryId = await newestEntry(person);
      return () => reverse(entryId);
    },
  ],
];

describe('what begins while somebody else’s change of the wallet is not committed', () => {
  test.each(debits)('%s finds what has come into an empty wallet', async (_, prepare) => {
    const person = await seed.user();
    const act = await prepare(person);
    expect((await shop.walletOf(person)).gold).toBe(0);
    expect(await overtaken(site, posting(person, 10), act)).toEqual([[]]);
    expect((await shop.walletOf(person)).gold).toBe(0);
  });

  test.each(debits)('%s finds that the wallet is empty now', async (_, prepare) => {
    const person = await seed.user();
    const act = await prepare(person);
    await seed.give(person, ten);
    const refused = await overtaken(site, posting(person, -10), act);
    expect(refused).toEqual([[['INSUFFICIENT_FUNDS', null]]]);
    expect((await shop.walletOf(person)).gold).toBe(0);
  });

  test.each(credits)('%s finds the room that has come into a full wallet', async (_, prepare) => {
    const person = await seed.user();
    const act = await prepare(person);
    await site.sql(...posting(person, most));
    expect(await overtaken(site, posting(person, -10), act)).toEqual([[]]);
    expect((await shop.walletOf(person)).gold).toBe(most);
  });

  test.each(credits)('%s finds that the wallet is full now', async (_, prepare) => {
    const person = await seed.user();
    const act = await prepare(person);
    const refused = await overtaken(site, posting(person, most), act);
    expect(refused).toEqual([[['NOT_AVAILABLE', null]]]);
    expect((await shop.walletOf(person)).gold).toBe(most);
  });

  test('a reward that pays itself finds the room that has come into a full wallet', async () => {
    const person = await seed.user();
    const rewards = [{ rewardId: (await seed.reward(ten)).id }];
    const quest = await seed.quest({ autoClaim: true, rewards });
    await site.sql(...posting(person, most));
    await overtaken(site, posting(person, -10), () => seed.event(person, quest.eventType));
    await site.settled();
    expect((await shop.walletOf(person)).gold).toBe(most);
    expect(await site.sql('select from recorded_event where attempts > 0')).toEqual([]);
  });
});

test('200 times a credit beside a debit of an empty wallet: no error, and the ledger is exact', async () => {
  const product = await seed.product({ price: ten });
  const people = await Promise.all(Array.from({ length: 10 }, () => seed.user()));
  const round = async (person: Person) => {
    const order = orderOf(product);
    const [, refused] = await Promise.all([seed.give(person, ten), shop.refusal(person, order)]);
    if (refused.length === 0) return;
    expect(refused).toEqual([['INSUFFICIENT_FUNDS', null]]);
    await person.client.mutate(PurchaseProductDocument, { input: order });
  };
  await Promise.all(
    people.map(async (person) => {
      for (let rounds = 0; rounds < 20; rounds++) await round(person);
      const { gold: left, entries } = await shop.walletOf(person);
      expect([left, Math.min(...entries.map(({ balanceAfter }) => balanceAfter))]).toEqual([0, 0]);
      expect(await shop.purchasesOf(person)).toHaveLength(20);
    }),
  );
});

test('fifty debits and fifty credits of one wallet at once: what is refused did nothing', async () => {
  const person = await seed.user();
  const product = await seed.product({ price: ten, description: unique('In a race ') });
  const results = await Promise.all(
    Array.from({ length: 50 }, () => [
      seed.give(person, ten).then(() => []),
      shop.refusal(person, orderOf(product)),
    ]).flat(),
  );
  const refused = results.flat();
  expect(refused).toEqual(refused.map(() => ['INSUFFICIENT_FUNDS', null]));
  expect((await shop.walletOf(person)).gold).toBe(refused.length * 10);
});
