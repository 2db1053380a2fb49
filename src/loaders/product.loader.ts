import { statement } from '../database/statement.ts';
import type { NodeRow } from '../schema/ids.ts';
import { makeByIdLoader } from './make-loader.ts';

export interface ProductRow extends NodeRow {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly imageUrl: string | null;
  readonly price: { readonly currency: 'GOLD' | 'DIAMOND'; readonly amount: number };
  readonly stock: number | null;
  readonly active: boolean;
  readonly deleted: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const columns = `p.id as "uuid", p.sku, p.name, p.description, p.image_url as "imageUrl",
  json_build_object('currency', p.price_currency, 'amount', p.price_amount) as "price", p.stock, p.active,
  p.deleted_at is not null as "deleted", p.version, p.created_at as "createdAt", p.updated_at as "updatedAt"`;

/** A deleted product is found too: its purchases keep showing it. */
export const productById = makeByIdLoader({
  prefix: 'product',
  statement: statement<ProductRow>(
    'product.byId',
    `select ${columns} from product p where p.id = any($1::uuid[])`,
  ),
});
