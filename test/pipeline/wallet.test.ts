import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { transaction } from '../../src/database/transaction.ts';
import type { AdjustWalletFields } from '../../src/services/ledger.service.ts';
import { type Movement, systemWallets } from '../../src/services/ledger.ts';
import { Stage } from './stage.ts';
import { fifty, must, newType, refusalOf } from './vocabulary.ts';

let stage: Stage;
let admin: { accountId: string; role: 'ADMIN' };
beforeAll(async () => {
  stage = await Stage.open();
  admin = { accountId: await stage.person({ role: 'ADMIN' }), role: 'ADMIN' };
});
afterAll(() => stage[Symbol.asyncDispose]());
afterEach(async () => expect(await stage.imbalances()).toEqual([]));

function adjustment(accountId: string | null, amount: number, rest: Partial<AdjustWalletFields> = {}) {
  const idempotencyKey = randomUUID();
  return {
    accountId,
    amount: { currency: 'GOLD', amount },
    note: 'a gift',
    idempotencyKey,
    ...rest,
  } as const;
}

async function personWith(gold: number) {
  const accountId = await stage.person();
  const entry = must(await stage.wallets.adjustWallet(admin, adjustment(accountId, gold)));
  return { accountId, entryId: entry.entryId };
}

describe('adjustWallet', () => {
  it('gives and takes, tells the person and whoever listens', async () => {
    const accountId = await stage.person();
    const given = must(await stage.wallets.adjustWallet(admin, adjustment(accountId, 100)));
    must(await stage.wallets.adjustWallet(admin, adjustment(accountId, -40, { note: ' too  much ' })));
    const entries = await stage.entriesOf(accountId);
    expect(entries).toMatchObject([
      { id: given.entryId, amount: 100, balanceAfter: 100, reason: 'ADJUSTMENT', note: 'a gift' },
      { amount: -40, balanceAfter: 60, reason: 'ADJUSTMENT', note: 'too  much' },
    ]);
    expect(given.accountId).toBe(accountId);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 60, diamond: 0 });
    expect((await stage.notificationsOf(accountId)).map(({ kind, body }) => [kind, body])).toEqual([
      ['SYSTEM', 'You got 100 gold: a gift'],
      ['SYSTEM', 'An admin took 40 gold: too  much'],
    ]);
    const live = await stage.liveOf(accountId);
    expect(live[0]).toEqual(['wallet_changed', given.entryId]);
    expect(live.map(([topic]) => topic)).toEqual([
      'wallet_changed',
      'notification_received',
      'wallet_changed',
      'notification_received',
    ]);
  });

  it('takes no more than there is, and the key stays free', async () => {
    const { accountId } = await personWith(10);
    const input = adjustment(accountId, -11);
    expect(refusalOf(await stage.wallets.adjustWallet(admin, input))).toEqual([
      'INSUFFICIENT_FUNDS',
      undefined,
    ]);
    expect(await stage.entriesOf(accountId)).toHaveLength(1);
    expect(await stage.notificationsOf(accountId)).toHaveLength(1);
    must(await stage.wallets.adjustWallet(admin, adjustment(accountId, 1)));
    must(await stage.wallets.adjustWallet(admin, input));
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 0 });
  });

  it('gives no more than a wallet can hold', async () => {
    const { accountId } = await personWith(10 ** 12);
    await stage.sql('update wallet set gold = $2 where id = $1', accountId, Number.MAX_SAFE_INTEGER - 4);
    const refused = await stage.wallets.adjustWallet(admin, adjustment(accountId, 5));
    expect(refusalOf(refused)).toEqual(['NOT_AVAILABLE', undefined]);
    await stage.sql('update wallet set gold = $2 where id = $1', accountId, 10 ** 12);
  });

  it.each([
    ['0', { amount: { currency: 'GOLD', amount: 0 } }, ['INVALID', 'amount']],
    ['a fraction', { amount: { currency: 'GOLD', amount: 1.5 } }, ['INVALID', 'amount']],
    ['more than 10^12', { amount: { currency: 'GOLD', amount: 10 ** 12 + 1 } }, ['INVALID', 'amount']],
    ['an empty note', { note: ' ' }, ['INVALID', 'note']],
    ['a long note', { note: 'x'.repeat(501) }, ['INVALID', 'note']],
    ['no key', { idempotencyKey: '' }, ['INVALID', 'idempotencyKey']],
    ['a key that is not ASCII', { idempotencyKey: 'schlüssel' }, ['INVALID', 'idempotencyKey']],
    ['a long key', { idempotencyKey: 'x'.repeat(256) }, ['INVALID', 'idempotencyKey']],
    ['nobody', { accountId: randomUUID() }, ['NOT_FOUND', 'userId']],
    ['an id that is no user’s', { accountId: null }, ['NOT_FOUND', 'userId']],
    ['a system wallet', { accountId: systemWallets.sales }, ['NOT_FOUND', 'userId']],
  ] as const)('refuses %s', async (_, fields, refusal) => {
    const { accountId } = await personWith(10);
    const input = { ...adjustment(accountId, 1), ...fields };
    expect(refusalOf(await stage.wallets.adjustWallet(admin, input))).toEqual(refusal);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 10, diamond: 0 });
  });

  it('refuses a deleted user', async () => {
    const { accountId } = await personWith(10);
    await stage.sql('update account set deleted_at = now(), email = null where id = $1', accountId);
    const refused = await stage.wallets.adjustWallet(admin, adjustment(accountId, 1));
    expect(refusalOf(refused)).toEqual(['NOT_FOUND', 'userId']);
  });
});

describe('an idempotency key', () => {
  it('gives the first result to every repeat', async () => {
    const accountId = await stage.person();
    const input = adjustment(accountId, 5);
    const first = must(await stage.wallets.adjustWallet(admin, input));
    const { note, amount, ...rest } = input;
    const sameInAnotherOrder = {
      note,
      ...rest,
      amount: { amount: amount.amount, currency: amount.currency },
    };
    expect(await stage.wallets.adjustWallet(admin, sameInAnotherOrder)).toEqual(first);
    expect(await stage.entriesOf(accountId)).toHaveLength(1);
  });

  it('fifty times at once makes one', async () => {
    const accountId = await stage.person();
    const input = adjustment(accountId, 5);
    const results = (await fifty(() => stage.wallets.adjustWallet(admin, input))).map(must);
    expect(new Set(results.map(({ entryId }) => entryId)).size).toBe(1);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 5, diamond: 0 });
  });

  it('is looked at before anything else, and refuses another input', async () => {
    const accountId = await stage.person();
    const input = adjustment(accountId, 5);
    must(await stage.wallets.adjustWallet(admin, input));
    const others = [
      { ...input, note: 'another' },
      { ...input, note: '' },
      { ...input, accountId: randomUUID() },
      adjustment(accountId, 0, { idempotencyKey: input.idempotencyKey }),
    ];
    for (const other of others) {
      const refused = await stage.wallets.adjustWallet(admin, other);
      expect(refusalOf(refused)).toEqual(['KEY_REUSED', 'idempotencyKey']);
    }
    expect(await stage.entriesOf(accountId)).toHaveLength(1);
  });

  it('belongs to an account', async () => {
    const accountId = await stage.person();
    const input = adjustment(accountId, 5);
    const other = { accountId: await stage.person({ role: 'ADMIN' }), role: 'ADMIN' } as const;
    must(await stage.wallets.adjustWallet(admin, input));
    must(await stage.wallets.adjustWallet(other, input));
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 10, diamond: 0 });
  });
});

describe('reverseEntry', () => {
  it('posts the exact opposite, against the same system wallet', async () => {
    const { accountId, entryId } = await personWith(25);
    const reversal = must(await stage.wallets.reverseEntry({ entryId, note: 'a mistake' }));
    expect(await stage.entriesOf(accountId)).toMatchObject([
      { amount: 25 },
      {
        id: reversal.entryId,
        amount: -25,
        balanceAfter: 0,
        reason: 'REVERSAL',
        sourceId: entryId,
        note: 'a mistake',
      },
    ]);
    const sides = await stage.sql('select wallet_id, amount from ledger_entry where source_id = $1', entryId);
    expect(sides).toContainEqual({ wallet_id: systemWallets.adjustments, amount: 25 });
    const [, notification] = await stage.notificationsOf(accountId);
    expect(notification).toMatchObject({ kind: 'SYSTEM', body: 'An admin took 25 gold: a mistake' });
  });

  it('takes back a reward, and can be taken back itself', async () => {
    const [accountId, eventType] = [await stage.person(), newType()];
    const rewards = [{ rewardId: await stage.reward('DIAMOND', 3) }];
    await stage.quest({ eventType, autoClaim: true, rewards });
    await stage.happen(accountId, eventType);
    const [entry] = await stage.entriesOf(accountId);
    const reversal = must(await stage.wallets.reverseEntry({ entryId: must(entry).id, note: 'no' }));
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 0 });
    must(await stage.wallets.reverseEntry({ entryId: reversal.entryId, note: 'yes' }));
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 3 });
    const system = await stage.sql(
      'select distinct wallet_id from ledger_entry where source_id = any($1)',
      [[must(entry).id, reversal.entryId]].flat(),
    );
    expect(system.map(({ wallet_id }) => wallet_id).toSorted()).toEqual(
      [systemWallets.rewards, accountId].toSorted(),
    );
  });

  it('fifty times at once does it once', async () => {
    const { accountId, entryId } = await personWith(25);
    const results = await fifty(() => stage.wallets.reverseEntry({ entryId, note: 'a mistake' }));
    const refusals = results.map(refusalOf).filter((refusal) => refusal !== null);
    expect(refusals).toHaveLength(49);
    for (const refusal of refusals) expect(refusal).toEqual(['NOT_AVAILABLE', 'entryId']);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 0 });
  });

  it('is refused where the balance would fall below 0', async () => {
    const { accountId, entryId } = await personWith(25);
    must(await stage.wallets.adjustWallet(admin, adjustment(accountId, -1)));
    const refused = await stage.wallets.reverseEntry({ entryId, note: 'a mistake' });
    expect(refusalOf(refused)).toEqual(['INSUFFICIENT_FUNDS', undefined]);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 24, diamond: 0 });
  });

  it('finds no entry of a system wallet, and none that is not there', async () => {
    const { accountId } = await personWith(25);
    const [other] = await stage.sql<{ id: string }>(
      `select id from ledger_entry where wallet_id = $1 and source_id in
        (select source_id from ledger_entry where wallet_id = $2)`,
      systemWallets.adjustments,
      accountId,
    );
    for (const entryId of [must(other).id, randomUUID(), null]) {
      const refused = await stage.wallets.reverseEntry({ entryId, note: 'a mistake' });
      expect(refusalOf(refused)).toEqual(['NOT_FOUND', 'entryId']);
    }
  });

  it('needs a note', async () => {
    const { entryId } = await personWith(25);
    const refused = await stage.wallets.reverseEntry({ entryId, note: '' });
    expect(refusalOf(refused)).toEqual(['INVALID', 'note']);
  });
});

describe('the ledger', () => {
  const post = (movements: readonly Movement[]) =>
    transaction(stage.database, (tx) => stage.ledger.post(tx, movements));
  const movement = (accountId: string, amount: number, rest: Partial<Movement> = {}): Movement => ({
    accountId,
    against: systemWallets.sales,
    currency: 'GOLD',
    amount,
    reason: 'ADJUSTMENT',
    sourceId: randomUUID(),
    note: null,
    ...rest,
  });

  it('posts many movements by one statement after one lock, each with the balance after it', async () => {
    const [one, other] = [await stage.person(), await stage.person()];
    const before = stage.statements.length;
    const diamonds = { currency: 'DIAMOND' } as const;
    const entries = must(
      await post([movement(one, 5), movement(other, 7), movement(one, -2), movement(one, 1, diamonds)]),
    );
    expect(entries.map(({ accountId, balanceAfter }) => [accountId, balanceAfter])).toEqual([
      [one, 5],
      [other, 7],
      [one, 3],
      [one, 1],
    ]);
    expect(stage.statements.slice(before).filter((name) => name.startsWith('ledger'))).toEqual([
      'ledger.lock',
      'ledger.post',
    ]);
  });

  it('posts all of them or none', async () => {
    const [one, other] = [await stage.person(), await stage.person()];
    const before = await stage.sql('select count(*) from ledger_entry');
    const refused = await post([movement(one, 5), movement(other, -1)]);
    expect(refusalOf(refused)).toEqual(['INSUFFICIENT_FUNDS', undefined]);
    await expect(post([movement(one, 5), movement(randomUUID(), 1)])).rejects.toThrow('does not exist');
    await expect(post([movement(one, 5), movement(systemWallets.rewards, 1)])).rejects.toThrow(
      'does not exist',
    );
    expect(await stage.sql('select count(*) from ledger_entry')).toEqual(before);
    expect(await stage.balanceOf(one)).toEqual({ gold: 0, diamond: 0 });
  });

  it('takes wallets in one order, so that fifty crossing each other wait and never in a circle', async () => {
    const people = [await stage.person(), await stage.person(), await stage.person()];
    const before = stage.statements.length;
    await fifty((index) =>
      post((index % 2 ? people : people.toReversed()).map((id) => movement(id, index + 1))),
    );
    for (const id of people) expect(await stage.balanceOf(id)).toEqual({ gold: 1_275, diamond: 0 });
    expect(stage.statements.slice(before).filter((name) => name === 'ledger.post')).toHaveLength(50);
  });

  it('has one entry for each currency of one cause', async () => {
    const accountId = await stage.person();
    const one = movement(accountId, 5);
    await expect(post([one, one])).rejects.toMatchObject({ code: '23505' });
    expect(await stage.entriesOf(accountId)).toEqual([]);
  });

  it('lets fifty spend no more than there is', async () => {
    const { accountId } = await personWith(20);
    const results = await fifty(() => post([movement(accountId, -1)]));
    expect(results.filter((result) => refusalOf(result) === null)).toHaveLength(20);
    expect(await stage.balanceOf(accountId)).toEqual({ gold: 0, diamond: 0 });
    const balances = (await stage.entriesOf(accountId)).map(({ balanceAfter }) => balanceAfter);
    expect(balances).toEqual(Array.from({ length: 21 }, (_, index) => 20 - index));
  });
});
