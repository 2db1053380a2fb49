import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Account } from '../entities/account.entity.ts';
import { Quest } from '../entities/quest.entity.ts';
import { QuestProgress } from '../entities/quest-progress.entity.ts';
import { makeByIdLoader, makeLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

const progressColumns = columnsOf(QuestProgress, 'p', [
  'id',
  'questId',
  'accountId',
  { runCount: 'count' },
  'completions',
  'unreached',
  { latestPeriod: 'period' },
  'periodCompleted',
  'latestAt',
  'latestEventId',
  'latestTimeZone',
  'updatedAt',
]);
const ruleColumns = columnsOf(Quest, 'q', ['kind', 'cadence', 'goal', 'maxCompletions']);
const zoneColumn = columnsOf(Account, 'a', ['timeZone']);
const columns = `${progressColumns.sql}, ${ruleColumns.sql}, ${zoneColumn.sql}`;

/** With what its state now depends on: the quest's rule, and the account's time zone. */
export interface QuestProgressRow
  extends NodeRow,
    RowOf<typeof progressColumns>,
    RowOf<typeof ruleColumns>,
    RowOf<typeof zoneColumn> {}

const from = `quest_progress p join quest q on q.id = p.quest_id join account a on a.id = p.account_id`;

/**
 * Whether the progress is in one of the states, as services/rules/quest-progress.ts defines them. The labels of the
 * present periods come from there, because PostgreSQL has its own time zones, which are not always the same. Labels are
 * compared by their characters.
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
