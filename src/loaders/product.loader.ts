import { columnsOf, computed, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Product } from '../entities/product.entity.ts';
import { edgeMaker, type Key } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader, makeLoader } from './make-loader.ts';
import { moneyOf } from './money.ts';

const columns = columnsOf(Product, 'p', [
  'id',
  'sku',
  'name',
  'description',
  'imageUrl',
  { price: moneyOf('p.price_currency', 'p.price_amount') },
  'stock',
  'active',
  { deleted: computed<boolean>('p.deleted_at is not null') },
  'version',
  'createdAt',
  'updatedAt',
]);
const orderColumns = columnsOf(Product, 'p', ['priceAmount']);

export interface ProductRow extends NodeRow, RowOf<typeof columns> {}

/** A row of the lists, with the columns that they are ordered by. */
export interface ProductListRow extends ProductRow, RowOf<typeof orderColumns> {}

export interface ProductSearchRow extends ProductListRow {
  readonly relevance: number;
}

/** Also finds a deleted product, because its purchases still show it. */
export const productById = makeByIdLoader({
  prefix: 'product',
  statement: statement<ProductRow>(
    'product.byId',
    `select ${columns.sql} from product p where p.id = any($1::uuid[])`,
  ),
});

/** Only products that are not deleted, among which a sku is unique. */
export const productBySku = makeLoader({
  prefix: 'product',
  statement: statement<ProductRow>(
    'product.bySku',
    `select ${columns.sql} from product p where p.sku = any($1::text[]) and p.deleted_at is null`,
  ),
  keyOf: (row) => row.sku,
});

const createdAt = { sql: 'p.created_at', type: 'timestamptz', field: 'createdAt' } as const;
const name = { sql: 'p.name', type: 'text', field: 'name' } as const;
const price = { sql: 'p.price_amount', type: 'bigint', field: 'priceAmount' } as const;
const uuid = { sql: 'p.id', type: 'uuid', field: 'uuid' } as const;

/** `PRICE` orders the amounts of one currency: it is used with that filter. */
const orders = {
  CREATED_AT_ASC: { direction: 'asc', keys: [createdAt, uuid] },
  CREATED_AT_DESC: { direction: 'desc', keys: [createdAt, uuid] },
  NAME_ASC: { direction: 'asc', keys: [name, uuid] },
  NAME_DESC: { direction: 'desc', keys: [name, uuid] },
  PRICE_ASC: { direction: 'asc', keys: [price, uuid] },
  PRICE_DESC: { direction: 'desc', keys: [price, uuid] },
} as const;

const filters = {
  currency: (value: string) => `p.price_currency = ${value}`,
  minPrice: (value: string) => `p.price_amount >= ${value}::bigint`,
  maxPrice: (value: string) => `p.price_amount <= ${value}::bigint`,
  inStock: '(p.stock > 0 or p.stock is null)',
  soldOut: 'p.stock = 0',
  active: 'p.active',
  inactive: 'not p.active',
};

export type ProductOrderName = keyof typeof orders;
export type ProductFilterName = keyof typeof filters;

const listColumns = `${columns.sql}, ${orderColumns.sql}`;

export const productList = makeList<ProductListRow, ProductOrderName, ProductFilterName>({
  name: 'products',
  prefix: 'product',
  columns: listColumns,
  from: 'product p',
  where: 'p.deleted_at is null',
  filters,
  orders,
});

/** The edge of a product in the default order of the list. */
export const productEdge = edgeMaker<ProductRow, 'CREATED_AT_DESC'>(
  { name: 'products', orders: { CREATED_AT_DESC: { direction: 'desc', keys: [createdAt, uuid] } } },
  'CREATED_AT_DESC',
);

const relevance: Key<ProductSearchRow> = {
  sql: 'ts_rank(p.search, query)::float8',
  type: 'double precision',
  field: 'relevance',
};

/** Products that match the words of $1. */
export const productSearch = makeList<ProductSearchRow, ProductOrderName | 'RELEVANCE', ProductFilterName>({
  name: 'products.search',
  prefix: 'product',
  columns: `${listColumns}, found."relevance"`,
  from: 'product p cross join search_query($1) as query',
  parameters: 1,
  where: 'p.deleted_at is null and p.search @@ query',
  plannedAnew: true,
  deferred: {
    found: `p.id as "uuid", ${relevance.sql} as "relevance"`,
    join: 'product p on p.id = found."uuid"',
  },
  filters,
  orders: { ...orders, RELEVANCE: { direction: 'desc', keys: [relevance, uuid] } },
});
