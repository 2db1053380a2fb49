import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { queueAlone } from '../database/fair-lock.ts';
import { isUniqueViolation } from '../database/sql-state.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, description, type InputOf, money, name, sku, stock, url } from '../domain/fields.ts';
import { Refusal, refuse, versionConflict } from '../domain/refusal.ts';
import { Product } from '../entities/product.entity.ts';

export interface ProductKey {
  readonly productId: string;
}

const productRules = z.object({
  sku,
  name,
  description,
  imageUrl: url.nullish(),
  price: money,
  stock: stock.nullish(),
  active: z.boolean({ error: 'Cannot be empty.' }),
});
/** Omitted fields stay as they are; null clears fields that may be null. */
const productChanges = productRules.partial();

/** What admins do to the catalog of products. */
export class ProductService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @returns TAKEN if a product that is not deleted has the sku
   */
  async create(input: InputOf<typeof productRules>): Promise<ProductKey | Refusal> {
    const fields = check(productRules, input);
    if (fields instanceof Refusal) return fields;
    const { price, imageUrl = null, stock = null, ...columns } = fields;
    return this.#write(async ({ em }) => {
      const product = em.create(Product, { ...columns, ...priceColumns(price), imageUrl, stock });
      await em.flush();
      return { productId: product.id };
    });
  }

  /**
   * Changes a product if it still has the version that the admin has seen. A sale does not change the version.
   * @param productId null if the given id is not a product's
   */
  async update(
    productId: string | null,
    expectedVersion: number,
    input: InputOf<typeof productChanges>,
  ): Promise<ProductKey | Refusal> {
    const changes = check(productChanges, input);
    if (changes instanceof Refusal) return changes;
    const { price, ...columns } = changes;
    return this.#write(async (tx) => {
      const product = await lockProduct(tx, productId);
      if (!product) return noSuchProduct();
      if (product.version !== expectedVersion) return versionConflict('product');
      Object.assign(product, columns, price && priceColumns(price), { updatedAt: new Date() });
      await tx.em.flush();
      return { productId: product.id };
    });
  }

  /** Removes a product from the catalog. Its purchases still show it, and its sku is free again. */
  delete(productId: string | null): Promise<ProductKey | Refusal> {
    return transaction(this.#database, async (tx) => {
      await tx.query(queueForProduct, [productId]);
      const [deleted] = await tx.query(deleteProduct, [productId]);
      return deleted ?? noSuchProduct();
    });
  }

  /** Only the sku is unique here. Checking it beforehand would leave a race. */
  async #write(work: (tx: Transaction) => Promise<ProductKey | Refusal>): Promise<ProductKey | Refusal> {
    try {
      return await transaction(this.#database, work);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return refuse('TAKEN', 'A product with this SKU already exists.', ['sku']);
    }
  }
}

function priceColumns({ currency, amount }: z.output<typeof money>) {
  return { priceCurrency: currency, priceAmount: amount };
}

/** Locks a product, after waiting for those who are buying or changing it. */
async function lockProduct({ em, query }: Transaction, id: string | null): Promise<Product | null> {
  if (id === null) return null;
  await query(queueForProduct, [id]);
  return em.findOne(Product, { id, deletedAt: null }, { lockMode: LockMode.PESSIMISTIC_WRITE });
}

function noSuchProduct(): Refusal {
  return refuse('NOT_FOUND', 'There is no such product.', ['id']);
}

const queueForProduct = statement('product.queue', `select ${queueAlone('$1::uuid')}`);

const deleteProduct = statement<ProductKey>(
  'product.delete',
  `update product set deleted_at = now(), updated_at = now(), version = version + 1
  where id = $1 and deleted_at is null
  returning id as "productId"`,
);
