import { LockMode } from '@mikro-orm/postgresql';
import { describe, expect, test } from 'vitest';
import { statement } from '../src/database/statement.ts';
import { type Transaction, transaction } from '../src/database/transaction.ts';
import { Rollback } from '../src/domain/refusal.ts';
import { Reward } from '../src/entities/reward.entity.ts';
import { databaseOfFile } from './empty-database.ts';
import { addOne, backend, createReward, failing, rewardById } from './rewards.ts';

class Refused extends Rollback {}
const terminate = statement<never>('test.terminate', 'select pg_terminate_backend($1, 10000)');
const repeatableRead = statement<never>(
  'test.repeatableRead',
  'set transaction isolation level repeatable read',
);

const { database } = await databaseOfFile();

/** A committed reward, visible to all. */
function storedReward(): Promise<string> {
  return transaction(database, async (tx) => createReward(tx).id);
}

async function amountOf(id: string): Promise<number | undefined> {
  const [row] = await database.query(rewardById, [id]);
  return row?.amount;
}

describe('conflicts', () => {
  test('a deadlock is tried again, so that both get through', async () => {
    const [a, b] = [await storedReward(), await storedReward()];
    const met = meeting(2);
    let attempts = 0;
    const raise = (first: string, second: string) =>
      transaction(database, async (tx) => {
        attempts++;
        await tx.query(addOne, [first]);
        await met();
        await tx.query(addOne, [second]);
      });
    await Promise.all([raise(a, b), raise(b, a)]);
    // Three, or more if the victim came back before the other had gone on.
    expect(attempts).toBeGreaterThan(2);
    expect([await amountOf(a), await amountOf(b)]).toEqual([12, 12]);
  });

  test('a deadlock of entities is tried again, from what is there by then', async () => {
    const [a, b] = [await storedReward(), await storedReward()];
    const met = meeting(2);
    let attempts = 0;
    const raise = (first: string, second: string) =>
      transaction(database, async (tx) => {
        attempts++;
        for (const id of [first, second]) {
          const reward = await tx.em.findOneOrFail(Reward, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
          reward.amount += 1;
          await met();
        }
      });
    await Promise.all([raise(a, b), raise(b, a)]);
    // Three, or more if the victim came back before the other had gone on.
    expect(attempts).toBeGreaterThan(2);
    expect([await amountOf(a), await amountOf(b)]).toEqual([12, 12]);
  });

  test.each(['query', 'flush'] as const)('a serialization failure of a %s is tried again', async (way) => {
    const id = await storedReward();
    let attempts = 0;
    await transaction(database, async (tx) => {
      attempts++;
      await tx.query(repeatableRead);
      const reward = await tx.em.findOneOrFail(Reward, id);
      if (attempts === 1) await database.query(addOne, [id]);
      if (way === 'query') await tx.query(addOne, [id]);
      else reward.amount += 1;
    });
    expect(attempts).toBe(2);
    expect(await amountOf(id)).toBe(12);
  });

  test('one that never ends is given up after three more tries', async () => {
    const id = await storedReward();
    let attempts = 0;
    const hopeless = transaction(database, async (tx) => {
      attempts++;
      await tx.query(repeatableRead);
      await tx.query(rewardById, [id]);
      await database.query(addOne, [id]);
      await tx.query(addOne, [id]);
    });
    await expect(hopeless).rejects.toMatchObject({ code: '40001' });
    expect(attempts).toBe(4);
    expect(await amountOf(id)).toBe(14);
  });

  test('other failures are not tried again', async () => {
    let attempts = 0;
    const broken = transaction(database, (tx) => {
      attempts++;
      return tx.query(failing);
    });
    await expect(broken).rejects.toMatchObject({ code: '22012' });
    expect(attempts).toBe(1);
  });

  test('of 50 who expect the same version, one gets it', async () => {
    const id = await storedReward();
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, amount) =>
        transaction(database, async (tx) => {
          const reward = await tx.em.findOneOrFail(Reward, id, { lockMode: LockMode.PESSIMISTIC_WRITE });
          if (reward.version !== 1) return new Refused();
          reward.amount = amount + 100;
          return 'changed';
        }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'changed')).toHaveLength(1);
    expect(await database.query(rewardById, [id])).toMatchObject([{ version: 2 }]);
  });
});

describe('a connection that breaks', () => {
  const moments: [string, (tx: Transaction) => Promise<unknown>][] = [
    ['before a statement', (tx) => breakOff(tx).then(() => tx.query(backend))],
    ['before the flush', (tx) => breakOff(tx).then(() => createReward(tx))],
    ['before the commit', async (tx) => tx.beforeCommit(() => breakOff(tx))],
  ];

  test.each(moments)(
    '%s fails the transaction once, and leaves the pool as large as it was',
    async (_, work) => {
      const after: string[] = [];
      // More often than the pool has connections: one that was not returned would be missing.
      for (let round = 0; round < 4; round++) {
        const broken = transaction(database, async (tx) => {
          tx.afterCommit(() => after.push('after'));
          await work(tx);
        });
        await expect(broken).rejects.toThrow(/terminat|connection/i);
      }
      const met = meeting(3);
      await Promise.all(Array.from({ length: 3 }, () => transaction(database, () => met())));
      expect(after).toEqual([]);
    },
  );

  test('under a Rollback is an error, too', async () => {
    const broken = transaction(database, async (tx) => {
      await breakOff(tx);
      return new Refused();
    });
    await expect(broken).rejects.toThrow(/terminat|connection/i);
  });
});

/** Terminates the transaction's connection from outside, as a failing server would, and waits until that is done. */
async function breakOff(tx: Transaction): Promise<void> {
  const [row] = await tx.query(backend);
  await database.query(terminate, [row?.pid]);
}

/** Returns a function that waits until `size` callers have come. Later callers do not wait. */
function meeting(size: number): () => Promise<void> {
  let come = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    if (++come >= size) open();
    return opened;
  };
}
