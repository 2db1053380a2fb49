import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Reward } from '../entities/reward.entity.ts';
import { edgeMaker } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';
import { moneyOf } from './money.ts';

const columns = columnsOf(Reward, 'r', [
  'id',
  'name',
  { item: moneyOf('r.currency', 'r.amount') },
  'version',
  'createdAt',
]);

export interface RewardRow extends NodeRow, RowOf<typeof columns> {}

export const rewardById = makeByIdLoader({
  prefix: 'reward',
  statement: statement<RewardRow>(
    'reward.byId',
    `select ${columns.sql} from reward r where r.id = any($1::uuid[])`,
  ),
});

const orders = {
  newest: {
    direction: 'desc',
    keys: [
      { sql: 'r.created_at', type: 'timestamptz', field: 'createdAt' },
      { sql: 'r.id', type: 'uuid', field: 'uuid' },
    ],
  },
} as const;

export const rewardEdge = edgeMaker<RewardRow, 'newest'>({ name: 'rewards', orders }, 'newest');

export const rewardList = makeList<RewardRow, 'newest'>({
  name: 'rewards',
  prefix: 'reward',
  columns: columns.sql,
  from: 'reward r',
  orders,
});
