import { describe, expect, test } from 'vitest';
import { sqlStateOf } from '../src/database/sql-state.ts';
import { statement } from '../src/database/statement.ts';
import { type Transaction, transaction } from '../src/database/transaction.ts';
import { Rollback } from '../src/domain/refusal.ts';
import { Reward } from '../src/entities/reward.entity.ts';
import { databaseOfFile, open } from './empty-database.ts';
import { addOne, backend, createReward, failing, rewardById } from './rewards.ts';

class Refused extends Rollback {}
const prepared = statement<{ name: string }>('test.prepared', 'select name from pg_prepared_statements');

const { database, url } = await databaseOfFile();

async function amountOf(id: string): Promise<number | undefined> {
  const [row] = await database.query(rewardById, [id]);
  return row?.amount;
}

describe('what is written', () => {
  test('entities are, though nobody flushed them', async () => {
    const id = await transaction(database, async (tx) => createReward(tx).id);
    expect(await database.query(rewardById, [id])).toEqual([
      { name: 'ten gold', amount: 10, version: 1, createdAt: expect.any(Date) },
    ]);
  });

  test('changes are, with the version one higher and the time of the change', async () => {
    const id = await transaction(database, async (tx) => createReward(tx).id);
    const [before, after] = await transaction(database, async (tx) => {
      const reward = await tx.em.findOneOrFail(Reward, id);
      const updatedAt = reward.updatedAt;
      reward.amount = 1_000_000_000_000;
      await tx.em.flush();
      return [updatedAt, reward.updatedAt];
    });
    expect(after.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(await database.query(rewardById, [id])).toMatchObject([{ amount: 1_000_000_000_000, version: 2 }]);
  });

  test('the first one, too, costs a begin, a commit, and what the work asks for', async () => {
    const statements: string[] = [];
    await using fresh = await open(url, (name) => statements.push(name));
    await transaction(fresh, (tx) => tx.query(backend));
    expect(statements).toEqual(['orm', 'test.backend', 'orm']);
  });

  test('nothing is, where the work returns a Rollback', async () => {
    let id = '';
    const result = await transaction(database, async (tx) => {
      id = createReward(tx).id;
      await tx.em.flush();
      await tx.query(addOne, [id]);
      return new Refused();
    });
    expect(result).toBeInstanceOf(Refused);
    expect(await amountOf(id)).toBeUndefined();
  });

  test('nothing is, where the work throws', async () => {
    let id = '';
    const failure = new Error('of the work');
    const refused = transaction(database, async (tx) => {
      id = createReward(tx).id;
      await tx.em.flush();
      throw failure;
    });
    await expect(refused).rejects.toBe(failure);
    expect(await amountOf(id)).toBeUndefined();
  });

  test('nothing is, where a constraint refuses an entity at the end', async () => {
    let id = '';
    const refused = transaction(database, async (tx) => {
      id = createReward(tx).id;
      createReward(tx).amount = 0;
    });
    const error: unknown = await refused.catch((reason: unknown) => reason);
    expect(sqlStateOf(error)).toBe('23514');
    expect(await amountOf(id)).toBeUndefined();
  });

  test('a failure that the work has hidden is one all the same', async () => {
    let committed = false;
    const hiding = transaction(database, async (tx) => {
      tx.afterCommit(() => {
        committed = true;
      });
      await tx.query(failing).catch(() => undefined);
    });
    await expect(hiding).rejects.toThrow('The transaction had failed: nothing is written.');
    expect(committed).toBe(false);
  });
});

describe('steps', () => {
  test('before the commit come after the flush, after it once it is certain', async () => {
    const order: string[] = [];
    await transaction(database, async (tx) => {
      const { id } = createReward(tx);
      tx.beforeCommit(async () => {
        const [row] = await tx.query(rewardById, [id]);
        order.push(`before: ${row?.name}, elsewhere ${await amountOf(id)}`);
      });
      tx.afterCommit(() => order.push('after'));
      order.push('work');
    });
    expect(order).toEqual(['work', 'before: ten gold, elsewhere undefined', 'after']);
  });

  test('come in the order of their phases, and within one in the order in which they were added', async () => {
    const order: string[] = [];
    const step = (name: string) => async () => void order.push(name);
    await transaction(database, async (tx) => {
      tx.beforeReturn(step('before the return'));
      tx.afterCommit(() => order.push('after the commit, 1'));
      tx.afterCommit(() => order.push('after the commit, 2'));
      tx.atCommit(async () => {
        order.push('at the commit, 1');
        tx.atCommit(step('at the commit, 4'));
        tx.beforeCommit(step('before the commit, 4'));
        tx.atCommit(step('at the commit, 5'));
      });
      tx.atCommit(step('at the commit, 2'));
      tx.beforeCommit(async () => {
        order.push('before the commit, 1');
        tx.beforeCommit(step('before the commit, 3'));
        tx.atCommit(step('at the commit, 3'));
      });
      tx.beforeCommit(step('before the commit, 2'));
      order.push('work');
    });
    order.push('the caller goes on');
    expect(order).toEqual([
      'work',
      'before the commit, 1',
      'before the commit, 2',
      'before the commit, 3',
      'at the commit, 1',
      'before the commit, 4',
      'at the commit, 2',
      'at the commit, 3',
      'at the commit, 4',
      'at the commit, 5',
      'after the commit, 1',
      'after the commit, 2',
      'before the return',
      'the caller goes on',
    ]);
  });

  test.each([
    ['the work is refused', async () => new Refused()],
    ['the work throws', () => Promise.reject(new Error('of the work'))],
    [
      'a step throws before the commit',
      async (tx: Transaction) => tx.beforeCommit(() => Promise.reject(new Error('of the step'))),
    ],
    [
      'a step throws at the commit',
      async (tx: Transaction) => tx.atCommit(() => Promise.reject(new Error('of the step'))),
    ],
  ])('none comes after where %s', async (_, work) => {
    const after: string[] = [];
    await transaction<unknown>(database, (tx) => {
      tx.afterCommit(() => after.push('after'));
      tx.beforeReturn(async () => void after.push('before the return'));
      return work(tx);
    }).catch((error: unknown) => expect(String(error)).toMatch(/of the (work|step)/));
    expect(after).toEqual([]);
  });
});

describe('statements', () => {
  test('run on the transaction’s connection, prepared under their names, with typed rows', async () => {
    const [names, pids, rows] = await transaction(database, async (tx) => {
      const { id } = createReward(tx);
      await tx.em.flush();
      const [first] = await tx.query(backend);
      const [second] = await tx.query(backend);
      return [await tx.query(prepared), [first?.pid, second?.pid], await tx.query(rewardById, [id])];
    });
    expect(names).toContainEqual({ name: 'test.backend' });
    expect(pids[0]).toBe(pids[1]);
    expect(rows).toEqual([{ name: 'ten gold', amount: 10, version: 1, createdAt: expect.any(Date) }]);
  });

  test('are refused once the transaction has ended', async () => {
    const ended = await transaction(database, async (tx) => ({ tx }));
    await expect(ended.tx.query(backend)).rejects.toThrow(/already committed/);
  });
});

describe('the SQLSTATE of an error', () => {
  test.each([
    ['its own', Object.assign(new Error(), { code: '40P01' }), '40P01'],
    [
      'that of its cause',
      new Error('outer', { cause: Object.assign(new Error(), { code: '23505' }) }),
      '23505',
    ],
    ['none of what Node reports', Object.assign(new Error(), { code: 'EPIPE' }), undefined],
    ['none of what is no error', { code: '40P01' }, undefined],
  ])('is %s', (_, error, state) => {
    expect(sqlStateOf(error)).toBe(state);
  });
});
