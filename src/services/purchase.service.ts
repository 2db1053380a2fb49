import { z } from 'zod';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { queueShared } from '../database/fair-lock.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, money, quantity } from '../domain/fields.ts';
import { type Amount, type Currency, inWords } from '../domain/money.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import type { Product } from '../entities/product.entity.ts';
import { once } from './idempotency.ts';
import { type Ledger, systemWallets } from './ledger.ts';
import type { NewNotification, Notifier } from './notifier.ts';
import type { Recorder } from './recorder.ts';

export interface PurchaseFields {
  /** Null if the given id is not a product's. */
  readonly productId: string | null;
  readonly quantity: number;
  /** The price of one that the buyer was shown. */
  readonly expectedPrice: { readonly currency: Currency; readonly amount: number };
  readonly idempotencyKey: string;
}

export type PurchaseKey = z.output<typeof purchaseKey>;
const purchaseKey = z.object({ purchaseId: z.string() });

export interface PurchaseServiceOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
}

/** Sells products to people. */
export class PurchaseService {
  readonly #options: PurchaseServiceOptions;

  constructor(options: PurchaseServiceOptions) {
    this.#options = options;
  }

  /**
   * Buys for the viewer, once for each of their idempotency keys. Price, stock, wallet and key are checked in one
   * transaction.
   * @returns NOT_FOUND, NOT_AVAILABLE, PRICE_CHANGED, OUT_OF_STOCK or INSUFFICIENT_FUNDS: the first that applies
   */
  purchase({ accountId }: Pick<Viewer, 'accountId'>, fields: PurchaseFields): Promise<PurchaseKey | Refusal> {
    const { idempotencyKey: key, ...input } = fields;
    const request = { accountId, key, operation: 'purchaseProduct', input, result: purchaseKey };
    return transaction(this.#options.database, (tx) =>
      once(tx, request, () => this.#purchase(tx, accountId, input)),
    );
  }

  async #purchase(
    tx: Transaction,
    accountId: string,
    input: Omit<PurchaseFields, 'idempotencyKey'>,
  ): Promise<PurchaseKey | Refusal> {
    const fields = check(z.object({ quantity, expectedPrice: money }), input);
    if (fields instanceof Refusal) return fields;
    const sale = await sell(tx, { accountId, productId: input.productId, ...fields });
    if (sale instanceof Refusal) return sale;
    const { ledger, notifier, recorder } = this.#options;
    const { purchaseId, sku, total } = sale;
    const posted = await ledger.post(tx, [
      {
        accountId,
        against: systemWallets.sales,
        currency: total.currency,
        amount: -total.amount,
        reason: 'PURCHASE',
        sourceId: purchaseId,
        note: null,
      },
    ]);
    if (posted instanceof Refusal) return posted;
    notifier.notify(tx, notificationOf(accountId, fields.quantity, sale));
    const data = { sku, quantity: fields.quantity };
    recorder.recordOwn(tx, { accountId, eventType: 'product.purchased', data });
    return { purchaseId };
  }
}

interface PurchaseOrder {
  readonly accountId: string;
  readonly productId: string | null;
  readonly quantity: number;
  readonly expectedPrice: Amount;
}

interface Sale extends Readonly<Pick<Product, 'sku' | 'name'>> {
  readonly purchaseId: string;
  readonly total: Amount;
}

/** Takes from the stock and writes the purchase, or refuses. */
async function sell(tx: Transaction, order: PurchaseOrder): Promise<Sale | Refusal> {
  const { accountId, productId, quantity, expectedPrice } = order;
  const values = [productId, quantity, expectedPrice.currency, expectedPrice.amount, accountId];
  await tx.query(queueForProduct, [productId]);
  const [sold] = await tx.query(sellProduct, values);
  if (sold !== undefined) return sold;
  const refusal = await reasonNotToSell(tx, order);
  if (refusal !== undefined) return refusal;
  // An admin has just changed the product, such as its limit of stock; from here on the lock keeps it as it is.
  const [soldNow] = await tx.query(sellProduct, values);
  if (soldNow === undefined) throw new Error('A product could not be sold for no reason.');
  return soldNow;
}

async function reasonNotToSell(tx: Transaction, order: PurchaseOrder): Promise<Refusal | undefined> {
  const [product] = await tx.query(readForSale, [order.productId]);
  if (product === undefined) return refuse('NOT_FOUND', 'There is no such product.', ['productId']);
  const { forSale, currency, amount, stock } = product;
  if (!forSale) return refuse('NOT_AVAILABLE', 'This product is not for sale now.', ['productId']);
  const { expectedPrice, quantity } = order;
  if (currency !== expectedPrice.currency || amount !== expectedPrice.amount)
    return refuse('PRICE_CHANGED', `The price is now ${inWords([product])}.`, ['expectedPrice']);
  if (stock === null || stock >= quantity) return undefined;
  return refuse('OUT_OF_STOCK', stock === 0 ? 'This product is sold out.' : `Only ${stock} are left.`, [
    'quantity',
  ]);
}

function notificationOf(
  accountId: string,
  quantity: number,
  { purchaseId, name, total }: Sale,
): NewNotification {
  const what = quantity === 1 ? `“${name}”` : `${quantity.toLocaleString('en')} × “${name}”`;
  return {
    accountId,
    kind: 'PURCHASE_MADE',
    title: 'Purchase made',
    body: `You bought ${what} for ${inWords([total])}.`,
    subject: { type: 'purchase', uuid: purchaseId },
  };
}

// A statement of its own, so that `sellProduct` reads the product after the change by an admin that was waited for. If
// buyers read it before, they would share a lock on the row that each of them then wants exclusively.
const queueForProduct = statement('purchase.queue', `select ${queueShared('$1::uuid')}`);

// One of the two finds the product and locks it until the transaction ends: a change of its price waits, or has been
// waited for and is seen. Without a limit of stock nothing is written, so that buyers do not wait for each other.
const sellProduct = statement<Sale>(
  'purchase.sell',
  `with limited as (
    update product set stock = stock - $2::int
    where id = $1 and active and deleted_at is null
      and price_currency = $3 and price_amount = $4::bigint and stock >= $2::int
    returning id, sku, name, price_currency, price_amount
  ), unlimited as (
    select id, sku, name, price_currency, price_amount from product
    where id = $1 and active and deleted_at is null
      and price_currency = $3 and price_amount = $4::bigint and stock is null
    for share
  ), sold as (
    select * from limited union all select * from unlimited
  ), made as (
    insert into purchase (account_id, product_id, quantity, unit_price_currency, unit_price_amount)
    select $5::uuid, id, $2::int, price_currency, price_amount from sold
    returning id, total_amount
  )
  select made.id as "purchaseId", sku, name,
    json_build_object('currency', price_currency, 'amount', total_amount) as total
  from made, sold`,
);

const readForSale = statement<Amount & Pick<Product, 'stock'> & { forSale: boolean }>(
  'purchase.read_for_sale',
  `select active and deleted_at is null as "forSale", price_currency as currency, price_amount as amount, stock
  from product where id = $1 for share`,
);
