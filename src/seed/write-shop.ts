import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { Product } from '../entities/product.entity.ts';
import { demoProducts } from './demo-products.ts';
import { picturePath } from './pictures.ts';

const hour = 3_600_000;

/**
 * Writes the products of the demo data, in their order.
 * @param baseUrl the URL of the server that serves their pictures: `http://host:port`
 */
export async function writeShop({ em }: Transaction, baseUrl: string, now: Date): Promise<void> {
  await em.insertMany(
    Product,
    demoProducts.map(({ sku, name, description, price, stock }, index, { length }) => {
      const createdAt = new Date(now.getTime() - (length - index) * hour);
      return {
        ...{ sku, name, description, stock, createdAt },
        priceCurrency: price.currency,
        priceAmount: price.amount,
        imageUrl: baseUrl + picturePath(sku),
        updatedAt: createdAt,
      };
    }),
  );
}

/**
 * Makes the URLs of the demo pictures point to this server, which may have another port than the one that wrote them.
 * A picture that somebody has changed stays.
 */
export async function movePictures(db: Db, baseUrl: string): Promise<void> {
  const skus = demoProducts.map(({ sku }) => sku);
  await db.query(updatePictures, [skus, skus.map(picturePath), baseUrl]);
}

const updatePictures = statement(
  'seed.move_pictures',
  `update product set image_url = $3 || path from unnest($1::text[], $2::text[]) as demo (sku, path)
  where product.sku = demo.sku and deleted_at is null and right(image_url, length(path)) = path
    and image_url <> $3 || path`,
);
