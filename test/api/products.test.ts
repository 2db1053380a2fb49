import { beforeAll, describe, expect, test } from 'vitest';
import {
  CreateProductDocument,
  type CreateProductInput,
  DeleteProductDocument,
  NodeDocument,
  ProductByEitherDocument,
  ProductBySkuDocument,
  ProductDocument,
  ProductPageDocument,
  UpdateProductDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';
import { aProductsId, aQuestsId, malformed, price, productInput, wrong } from './product-inputs.ts';

const { client, seed, site } = await startApp();
let admin: Client;
beforeAll(async () => {
  admin = (await seed.boss()).client;
});

const create = async (given: Partial<CreateProductInput> = {}) =>
  (await admin.mutate(CreateProductDocument, { input: productInput(given) })).product;
const refusal = (given: Partial<CreateProductInput>) =>
  admin.refused(CreateProductDocument, { input: productInput(given) });
const productOf = async (id: string) => (await client.run(ProductDocument, { id })).product;
const productWith = async (sku: string) => (await client.run(ProductBySkuDocument, { sku })).product;
const contents = () => site.contents('product');

describe('createProduct', () => {
  test('fills in the defaults, and everyone sees the product', async () => {
    const input = productInput();
    const { product } = await admin.mutate(CreateProductDocument, { input });
    expect(product).toEqual({
      ...input,
      id: expect.stringMatching(/^product_[0-9a-z]{26}$/),
      description: '',
      imageUrl: null,
      stock: null,
      active: true,
      version: 1,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: product.createdAt,
    });
    for (const who of [client, (await seed.user()).client, (await seed.service()).client, admin]) {
      expect(await who.run(ProductDocument, { id: product.id })).toEqual({ product });
      expect(await who.run(ProductBySkuDocument, { sku: product.sku })).toEqual({ product });
      expect((await who.run(NodeDocument, { id: product.id })).node).toMatchObject({
        __typename: 'Product',
        id: product.id,
      });
      const { products } = await who.run(ProductPageDocument, { search: product.sku });
      expect(products.nodes.map(({ id }) => id)).toEqual([product.id]);
    }
  });

  test('keeps all that is given', async () => {
    const [sku, name] = [unique('a.Z_9-'), unique('Rene\u0301 ')];
    const product = await create({
      sku: ` ${sku} `,
      name: ` ${name} `,
      description: ' Two lines\r\nof text ',
      imageUrl: 'https://example.com/pictures/mug.svg?size=2#top',
      price: { currency: 'DIAMOND', amount: 10 ** 12 },
      stock: 2 ** 31 - 1,
      active: false,
    });
    expect(product).toMatchObject({
      sku,
      name: name.normalize('NFC'),
      description: 'Two lines\nof text',
      imageUrl: 'https://example.com/pictures/mug.svg?size=2#top',
      price: { currency: 'DIAMOND', amount: 10 ** 12 },
      stock: 2 ** 31 - 1,
      active: false,
    });
    expect((await admin.run(ProductDocument, { id: product.id })).product).toEqual(product);
    expect((await admin.run(ProductBySkuDocument, { sku })).product).toEqual(product);
  });

  test('takes the longest and the least of each field', async () => {
    const longest = await create({
      sku: unique('x'.repeat(52)),
      name: '🦊'.repeat(200),
      description: '🦊'.repeat(5000),
      stock: 0,
    });
    expect(longest).toMatchObject({ stock: 0, price });
    expect(longest.sku).toHaveLength(64);
    const least = await create({
      name: 'x',
      description: ' ',
      imageUrl: null,
      price: { currency: 'GOLD', amount: 1 },
    });
    expect(least).toMatchObject({ name: 'x', description: '', imageUrl: null, stock: null });
    await create({ stock: null });
  });

  test.each(wrong)('refuses a bad %s, and makes nothing', async (field, inputs) => {
    const before = await contents();
    for (const given of inputs) {
      expect([given, await refusal(given)]).toEqual([given, [['INVALID', `input.${field}`]]]);
    }
    expect(await contents()).toBe(before);
  });

  test('names all that is wrong at once', async () => {
    const given = { sku: '', name: '', price: { currency: 'GOLD', amount: 0 }, stock: -1 } as const;
    expect(await refusal(given)).toEqual([
      ['INVALID', 'input.sku'],
      ['INVALID', 'input.name'],
      ['INVALID', 'input.price.amount'],
      ['INVALID', 'input.stock'],
    ]);
  });

  test('cannot read malformed values', async () => {
    const before = await contents();
    const query = 'mutation($input: CreateProductInput!) { createProduct(input: $input) { product { id } } }';
    for (const given of malformed) {
      const { status, body } = await admin.post({
        query,
        variables: { input: { ...productInput(), ...given } },
      });
      const codes = body.errors?.map(({ extensions }) => extensions?.code);
      expect([given, status, codes]).toEqual([given, 200, ['BAD_USER_INPUT']]);
    }
    expect(await contents()).toBe(before);
  });

  test('a sku that a product has is TAKEN, in this very spelling', async () => {
    const { sku } = await create();
    const before = await contents();
    expect(await refusal({ sku })).toEqual([['TAKEN', 'input.sku']]);
    expect(await refusal({ sku: ` ${sku} ` })).toEqual([['TAKEN', 'input.sku']]);
    expect(await contents()).toBe(before);
    const other = await create({ sku: sku.toLowerCase() });
    expect((await productWith(sku))?.id).not.toBe(other.id);
    expect((await productWith(sku.toLowerCase()))?.id).toBe(other.id);
  });

  test('of 50 of one sku at once one is made', async () => {
    const sku = unique('SKU-');
    const results = await Promise.all(Array.from({ length: 50 }, () => refusal({ sku })));
    expect(results.filter((errors) => errors.length === 0)).toHaveLength(1);
    expect(results.flat()).toEqual(Array.from({ length: 49 }, () => ['TAKEN', 'input.sku']));
    expect(await site.sql('select from product where sku = $1', sku)).toHaveLength(1);
  });
});

describe('product', () => {
  test('takes exactly one of id and sku', async () => {
    const { id, sku } = await create();
    for (const variables of [{}, { id: null }, { sku: null }, { id: null, sku: null }, { id, sku }]) {
      expect([variables, await client.fails(ProductByEitherDocument, variables)]).toEqual([
        variables,
        ['BAD_USER_INPUT'],
      ]);
    }
    const product = { id };
    for (const variables of [{ id }, { sku }, { id, sku: null }, { sku, id: null }]) {
      expect(await client.run(ProductByEitherDocument, variables)).toEqual({ product });
    }
  });

  test('is null where there is none', async () => {
    for (const id of [aProductsId, aQuestsId]) expect(await productOf(id)).toBe(null);
    for (const sku of [unique('NONE-'), '', 'a b', '\u0000', '\ud800', 'x'.repeat(10_000)]) {
      expect([sku, await productWith(sku)]).toEqual([sku, null]);
    }
    for (const id of ['', 'product', 'product_', `${aProductsId}0`, aProductsId.toUpperCase()]) {
      expect([id, await client.fails(ProductDocument, { id })]).toEqual([id, ['BAD_USER_INPUT']]);
    }
  });
});

test('only admins write products: nobody else changes anything', async () => {
  const { id, version: expectedVersion } = await create();
  const [user, service] = await Promise.all([seed.user(), seed.service()]);
  const before = await contents();
  for (const [who, code] of [
    [client, 'UNAUTHENTICATED'],
    [user.client, 'FORBIDDEN'],
    [service.client, 'FORBIDDEN'],
  ] as const) {
    expect(await who.fails(CreateProductDocument, { input: productInput() })).toEqual([code]);
    const input = { id, expectedVersion, name: 'Mine' };
    expect(await who.fails(UpdateProductDocument, { input })).toEqual([code]);
    expect(await who.fails(DeleteProductDocument, { input: { id } })).toEqual([code]);
  }
  expect(await contents()).toBe(before);
});
