import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';

// Rules between quests and rewards that no single row can show.

/** Whether every quest pays, in each currency, no more than a wallet can hold. */
export async function rewardSumsFit(tx: Transaction): Promise<boolean> {
  const rows = await tx.query(excessiveRewards, [Number.MAX_SAFE_INTEGER]);
  return rows.length === 0;
}

/** Whether a quest is, directly or through others, its own prerequisite. */
export async function isInCycle(tx: Transaction, questId: string): Promise<boolean> {
  const rows = await tx.query(prerequisiteCycle, [questId]);
  return rows.length > 0;
}

const excessiveRewards = statement(
  'catalog.excessiveRewards',
  `select from quest_reward q join reward r on r.id = q.reward_id
   group by q.quest_id, r.currency having sum(q.quantity * r.amount) > $1::bigint limit 1`,
);

const prerequisiteCycle = statement(
  'catalog.prerequisiteCycle',
  `with recursive needed(id) as (
     select prerequisite_id from quest_prerequisite where quest_id = $1::uuid
     union
     select p.prerequisite_id from quest_prerequisite p join needed on needed.id = p.quest_id
   )
   select from needed where id = $1::uuid limit 1`,
);
