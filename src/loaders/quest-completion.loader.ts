import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

export interface QuestCompletionRow extends NodeRow {
  readonly questId: string;
  readonly accountId: string;
  readonly ordinal: number;
  readonly status: 'CLAIMABLE' | 'CLAIMED';
  readonly gold: number;
  readonly diamond: number;
  readonly completedAt: Date;
  readonly claimedAt: Date | null;
}

const columns = `c.id as "uuid", c.quest_id as "questId", c.account_id as "accountId", c.ordinal,
  case when c.claimed_at is null then 'CLAIMABLE' else 'CLAIMED' end as "status", c.gold, c.diamond,
  c.completed_at as "completedAt", c.claimed_at as "claimedAt"`;

export const completionById = makeByIdLoader({
  prefix: 'completion',
  statement: statement<QuestCompletionRow>(
    'completion.byId',
    `select ${columns} from quest_completion c where c.id = any($1::uuid[])`,
  ),
});

export const completionsOfAccount = makeNestedList<QuestCompletionRow, 'newest', 'claimable' | 'claimed'>({
  name: 'account.completions',
  prefix: 'completion',
  columns,
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

export interface EventIdsRow extends NodeRow {
  readonly eventIds: readonly string[];
}

/** Apart from the rest, for a run may be of a million events. */
export const eventIdsOfCompletion = makeByIdLoader({
  prefix: 'completion',
  statement: statement<EventIdsRow>(
    'completion.eventIds',
    // As JSON: a long array of PostgreSQL's own takes ten times as long to read, and holds the process meanwhile.
    `select id as "uuid", array_to_json(event_ids) as "eventIds" from quest_completion where id = any($1::uuid[])`,
  ),
});
