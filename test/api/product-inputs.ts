import type { CreateProductInput } from '../generated/operations.ts';
import type { Seed } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

export const aProductsId = 'product_01h455vb4pex5vsknk084sn02q';
export const aQuestsId = 'quest_01h455vb4pex5vsknk084sn02q';
export const price = { currency: 'GOLD', amount: 60 } as const;

/** The required input of a product, with other values. */
export const productInput = (given: Partial<CreateProductInput> = {}) => ({
  sku: unique('SKU-'),
  name: unique('Product '),
  price,
  ...given,
});

/** Values that break the rule of a field, by the field's path. */
export const wrong: [string, Partial<CreateProductInput>[]][] = [
  ['sku', ['', ' ', 'a b', 'ä', 'a/b', 'a\u0000', 'x'.repeat(65)].map((sku) => ({ sku }))],
  ['name', ['', ' ', 'x'.repeat(201), 'a\nb', 'a\u0000b'].map((name) => ({ name }))],
  ['description', ['x'.repeat(5001), 'a\u0007b'].map((description) => ({ description }))],
  [
    'price.amount',
    [0, -1, -60, 10 ** 12 + 1, Number.MAX_SAFE_INTEGER].map((amount) => ({
      price: { currency: 'GOLD', amount },
    })),
  ],
  ['stock', [{ stock: -1 }, { stock: -(2 ** 31) }]],
  ['imageUrl', ['ftp://example.com/mug.svg', '/pictures/mug.svg', ''].map((imageUrl) => ({ imageUrl }))],
];

/** Values that cannot even be parsed. */
export const malformed = [
  { sku: 5 },
  { name: null },
  { price: null },
  { price: { currency: 'GOLD' } },
  { price: { currency: 'SILVER', amount: 1 } },
  { price: { currency: 'GOLD', amount: 1.5 } },
  { price: { currency: 'GOLD', amount: 2 ** 53 } },
  { price: { currency: 'GOLD', amount: '60' } },
  { stock: 1.5 },
  { stock: 2 ** 31 },
  { stock: '1' },
  { imageUrl: 5 },
  { active: 'yes' },
  { unknown: 1 },
];

/** Products that share a search word, created one after the other; returns the word and their SKUs. */
export async function shelf(seed: Seed, ...products: readonly Partial<CreateProductInput>[]) {
  const word = unique('shelf');
  const skus: string[] = [];
  for (const given of products) skus.push((await seed.product({ description: word, ...given })).sku);
  return { word, skus };
}
