import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { edgeMaker } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader, makeGroupLoader } from './make-loader.ts';

export interface QuestRow extends NodeRow {
  readonly name: string;
  readonly description: string;
  readonly eventType: string;
  readonly eventMatch: object | null;
  readonly kind: 'COUNT' | 'STREAK';
  readonly cadence: 'NONE' | 'DAILY' | 'WEEKLY' | 'MONTHLY';
  readonly goal: number;
  readonly autoClaim: boolean;
  readonly maxCompletions: number | null;
  readonly selfReported: boolean;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
  readonly archived: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface QuestRewardRow {
  readonly questId: string;
  readonly rewardId: string;
  readonly quantity: number;
}

export interface PrerequisiteRow {
  readonly questId: string;
  readonly prerequisiteId: string;
}

const columns = `q.id as "uuid", q.name, q.description, q.event_type as "eventType", q.event_match as "eventMatch",
  q.kind, q.cadence, q.goal, q.auto_claim as "autoClaim", q.max_completions as "maxCompletions",
  q.self_reported as "selfReported", q.starts_at as "startsAt", q.ends_at as "endsAt", q.archived, q.version,
  q.created_at as "createdAt", q.updated_at as "updatedAt"`;

export const questById = makeByIdLoader({
  prefix: 'quest',
  statement: statement<QuestRow>('quest.byId', `select ${columns} from quest q where q.id = any($1::uuid[])`),
});

const orders = {
  newest: {
    direction: 'desc',
    keys: [
      { sql: 'q.created_at', type: 'timestamptz', field: 'createdAt' },
      { sql: 'q.id', type: 'uuid', field: 'uuid' },
    ],
  },
} as const;

export const questEdge = edgeMaker<QuestRow, 'newest'>({ name: 'quests', orders }, 'newest');

export const questList = makeList<QuestRow, 'newest', 'eventType' | 'openOnly'>({
  name: 'quests',
  prefix: 'quest',
  columns,
  from: 'quest q',
  filters: { eventType: (value) => `q.event_type = ${value}`, openOnly: 'not q.archived' },
  orders,
});

export const rewardsOfQuest = makeGroupLoader({
  statement: statement<QuestRewardRow>(
    'quest.rewards',
    `select quest_id as "questId", reward_id as "rewardId", quantity
     from quest_reward where quest_id = any($1::uuid[]) order by position`,
  ),
  keyOf: (row) => row.questId,
});

export const prerequisitesOfQuest = makeGroupLoader({
  statement: statement<PrerequisiteRow>(
    'quest.prerequisites',
    `select quest_id as "questId", prerequisite_id as "prerequisiteId"
     from quest_prerequisite where quest_id = any($1::uuid[]) order by position`,
  ),
  keyOf: (row) => row.questId,
});
