import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Quest, QuestPrerequisite, QuestReward } from '../entities/quest.entity.ts';
import { edgeMaker } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader, makeGroupLoader } from './make-loader.ts';

const columns = columnsOf(Quest, 'q', [
  'id',
  'name',
  'description',
  'eventType',
  'eventMatch',
  'kind',
  'cadence',
  'goal',
  'autoClaim',
  'maxCompletions',
  'selfReported',
  'startsAt',
  'endsAt',
  'archived',
  'version',
  'createdAt',
  'updatedAt',
]);
const rewardColumns = columnsOf(QuestReward, null, ['questId', 'rewardId', 'quantity']);
const prerequisiteColumns = columnsOf(QuestPrerequisite, null, ['questId', 'prerequisiteId']);

export interface QuestRow extends NodeRow, RowOf<typeof columns> {}
export type QuestRewardRow = RowOf<typeof rewardColumns>;
export type PrerequisiteRow = RowOf<typeof prerequisiteColumns>;

export const questById = makeByIdLoader({
  prefix: 'quest',
  statement: statement<QuestRow>(
    'quest.byId',
    `select ${columns.sql} from quest q where q.id = any($1::uuid[])`,
  ),
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
  columns: columns.sql,
  from: 'quest q',
  filters: { eventType: (value) => `q.event_type = ${value}`, openOnly: 'not q.archived' },
  orders,
});

export const rewardsOfQuest = makeGroupLoader({
  statement: statement<QuestRewardRow>(
    'quest.rewards',
    `select ${rewardColumns.sql} from quest_reward where quest_id = any($1::uuid[]) order by position`,
  ),
  keyOf: (row) => row.questId,
});

export const prerequisitesOfQuest = makeGroupLoader({
  statement: statement<PrerequisiteRow>(
    'quest.prerequisites',
    `select ${prerequisiteColumns.sql} from quest_prerequisite where quest_id = any($1::uuid[]) order by position`,
  ),
  keyOf: (row) => row.questId,
});
