import { statement } from '../src/database/statement.ts';
import type { Transaction } from '../src/database/transaction.ts';
import { newUuid } from '../src/domain/ids.ts';
import { Reward } from '../src/entities/reward.entity.ts';

// A table with an amount, for tests of transactions and the like.

interface RewardRow {
  name: string;
  amount: number;
  version: number;
  createdAt: Date;
}
export const rewardById = statement<RewardRow>(
  'test.rewardById',
  'select name, amount, version, created_at as "createdAt" from reward where id = $1',
);
export const addOne = statement<never>('test.addOne', 'update reward set amount = amount + 1 where id = $1');
export const backend = statement<{ pid: number }>('test.backend', 'select pg_backend_pid() as pid');
export const failing = statement<never>('test.failing', 'select 1 / 0');

/** A reward of ten gold, not written yet. */
export function createReward(tx: Transaction): Reward {
  return tx.em.create(Reward, { id: newUuid(), name: 'ten gold', currency: 'GOLD', amount: 10 });
}
