import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Purchase } from '../entities/purchase.entity.ts';
import { edgeMaker } from './keyset.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';
import { moneyOf } from './money.ts';

const columns = columnsOf(Purchase, 'b', [
  'id',
  'accountId',
  'productId',
  'quantity',
  { unitPrice: moneyOf('b.unit_price_currency', 'b.unit_price_amount') },
  { total: moneyOf('b.unit_price_currency', 'b.total_amount') },
  'createdAt',
]);

export interface PurchaseRow extends NodeRow, RowOf<typeof columns> {}

export const purchaseById = makeByIdLoader({
  prefix: 'purchase',
  statement: statement<PurchaseRow>(
    'purchase.byId',
    `select ${columns.sql} from purchase b where b.id = any($1::uuid[])`,
  ),
});

const orders = {
  newest: {
    direction: 'desc',
    keys: [
      { sql: 'b.created_at', type: 'timestamptz', field: 'createdAt' },
      { sql: 'b.id', type: 'uuid', field: 'uuid' },
    ],
  },
} as const;

export const purchaseEdge = edgeMaker<PurchaseRow, 'newest'>({ name: 'account.purchases', orders }, 'newest');

export const purchasesOfAccount = makeNestedList<PurchaseRow, 'newest'>({
  name: 'account.purchases',
  prefix: 'purchase',
  columns: columns.sql,
  from: 'purchase b',
  parent: 'b.account_id',
  orders,
});
