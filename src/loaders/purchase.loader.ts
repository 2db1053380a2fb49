import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import type { Currency } from '../domain/money.ts';
import { edgeMaker } from './keyset.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

interface Money {
  readonly currency: Currency;
  readonly amount: number;
}

export interface PurchaseRow extends NodeRow {
  readonly accountId: string;
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice: Money;
  readonly total: Money;
  readonly createdAt: Date;
}

const columns = `b.id as "uuid", b.account_id as "accountId", b.product_id as "productId", b.quantity,
  json_build_object('currency', b.unit_price_currency, 'amount', b.unit_price_amount) as "unitPrice",
  json_build_object('currency', b.unit_price_currency, 'amount', b.total_amount) as "total",
  b.created_at as "createdAt"`;

export const purchaseById = makeByIdLoader({
  prefix: 'purchase',
  statement: statement<PurchaseRow>(
    'purchase.byId',
    `select ${columns} from purchase b where b.id = any($1::uuid[])`,
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
  columns,
  from: 'purchase b',
  parent: 'b.account_id',
  orders,
});
