import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import type { Currency } from '../domain/money.ts';
import { edgeMaker } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';

export interface RewardRow extends NodeRow {
  readonly name: string;
  readonly item: { readonly currency: Currency; readonly amount: number };
  readonly version: number;
  readonly createdAt: Date;
}

const columns = `r.id as "uuid", r.name, json_build_object('currency', r.currency, 'amount', r.amount) as "item",
  r.version, r.created_at as "createdAt"`;

export const rewardById = makeByIdLoader({
  prefix: 'reward',
  statement: statement<RewardRow>(
    'reward.byId',
    `select ${columns} from reward r where r.id = any($1::uuid[])`,
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
  columns,
  from: 'reward r',
  orders,
});
