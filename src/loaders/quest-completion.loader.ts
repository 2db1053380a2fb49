import { columnsOf, computed, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { QuestCompletion } from '../entities/quest-completion.entity.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

const columns = columnsOf(QuestCompletion, 'c', [
  'id',
  'questId',
  'accountId',
  'ordinal',
  {
    status: computed<'CLAIMABLE' | 'CLAIMED'>(
      `case when c.claimed_at is null then 'CLAIMABLE' else 'CLAIMED' end`,
    ),
  },
  'gold',
  'diamond',
  'completedAt',
  'claimedAt',
]);

export interface QuestCompletionRow extends NodeRow, RowOf<typeof columns> {}

export const completionById = makeByIdLoader({
  prefix: 'completion',
  statement: statement<QuestCompletionRow>(
    'completion.byId',
    `select ${columns.sql} from quest_completion c where c.id = any($1::uuid[])`,
  ),
});

export const completionsOfAccount = makeNestedList<QuestCompletionRow, 'newest', 'claimable' | 'claimed'>({
  name: 'account.completions',
  prefix: 'completion',
  columns: columns.sql,
  from: 'quest_completion c',
  parent: 'c.account_id',
  filters: { claimable: 'c.claimed_at is null', claimed: 'c.claimed_at is not null' },
  orders: {
    newest: {
      direction: 'desc',
      keys: [
        { sql: 'c.completed_at', type: 'timestamptz', field: 'completedAt' },
        { sql: 'c.id', type: 'uuid', field: 'uuid' },
      ],
    },
  },
});

const eventIdColumns = columnsOf(QuestCompletion, null, [
  'id',
  // As JSON: a long PostgreSQL array takes ten times as long to parse, and blocks the process meanwhile.
  { eventIds: computed<readonly string[]>('array_to_json(event_ids)') },
]);

export interface EventIdsRow extends NodeRow, RowOf<typeof eventIdColumns> {}

/** Separate from the rest, because a run may have a million events. */
export const eventIdsOfCompletion = makeByIdLoader({
  prefix: 'completion',
  statement: statement<EventIdsRow>(
    'completion.eventIds',
    `select ${eventIdColumns.sql} from quest_completion where id = any($1::uuid[])`,
  ),
});
