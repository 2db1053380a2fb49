import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { makeByIdLoader, makeLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

/** With what its standing as of now depends on: the quest's rule, and the zone of the account. */
export interface QuestProgressRow extends NodeRow {
  readonly questId: string;
  readonly accountId: string;
  readonly runCount: number;
  readonly completions: number;
  readonly unreached: number;
  readonly latestPeriod: string | null;
  readonly periodCompleted: boolean;
  readonly latestAt: Date | null;
  readonly latestEventId: string | null;
  readonly latestTimeZone: string | null;
  readonly updatedAt: Date;
  readonly kind: 'COUNT' | 'STREAK';
  readonly cadence: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  readonly goal: number;
  readonly maxCompletions: number | null;
  readonly timeZone: string;
}

const columns = `p.id as "uuid", p.quest_id as "questId", p.account_id as "accountId", p.count as "runCount",
  p.completions, p.unreached, p.period as "latestPeriod", p.period_completed as "periodCompleted", p.latest_at as "latestAt",
  p.latest_event_id as "latestEventId", p.latest_time_zone as "latestTimeZone", p.updated_at as "updatedAt",
  q.kind, q.cadence, q.goal, q.max_completions as "maxCompletions", a.time_zone as "timeZone"`;

const from = `quest_progress p join quest q on q.id = p.quest_id join account a on a.id = p.account_id`;

/**
 * Whether the progress is in one of the states, as services/rules/quest-progress.ts has them. The present labels come
 * from there: PostgreSQL has zones of its own, which are not always the same. Labels compare by their characters.
 */
const isIn = (statesAsOf: string) => `case
  when p.completions >= q.max_completions then 'EXHAUSTED'
  when p.period_completed and p.period collate "C" >= ${statesAsOf}::jsonb -> 'present' ->> q.cadence then 'COMPLETED'
  else 'ACTIVE' end = any(array(select jsonb_array_elements_text(${statesAsOf}::jsonb -> 'states')))`;

export const progressById = makeByIdLoader({
  prefix: 'progress',
  statement: statement<QuestProgressRow>(
    'progress.byId',
    `select ${columns} from ${from} where p.id = any($1::uuid[])`,
  ),
});

/** The progress of one account ($2) in each quest. */
export const progressByQuest = makeLoader({
  prefix: 'progress',
  statement: statement<QuestProgressRow>(
    'progress.byQuest',
    `select ${columns} from ${from} where p.quest_id = any($1::uuid[]) and p.account_id = $2::uuid`,
  ),
  keyOf: (row) => row.questId,
});

export const progressOfAccount = makeNestedList<QuestProgressRow, 'newest', 'statesAsOf'>({
  name: 'account.progress',
  prefix: 'progress',
  columns,
  from,
  parent: 'p.account_id',
  filters: { statesAsOf: isIn },
  orders: { newest: { direction: 'desc', keys: [{ sql: 'p.id', type: 'uuid', field: 'uuid' }] } },
});
