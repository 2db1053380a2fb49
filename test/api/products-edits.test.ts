import { beforeAll, describe, expect, test } from 'vitest';
import {
  CreateProductDocument,
  type CreateProductInput,
  DeleteProductDocument,
  NodeDocument,
  NodesDocument,
  ProductBySkuDocument,
  ProductDocument,
  ProductPageDocument,
  UpdateProductDocument,
  type UpdateProductInput,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';
import { aProductsId, aQuestsId, malformed, productInput, wrong } from './product-inputs.ts';

const { client, seed, site } = await startApp();
let admin: Client;
beforeAll(async () => {
  admin = (await seed.boss()).client;
});

const create = async (given: Partial<CreateProductInput> = {}) =>
  (await admin.mutate(CreateProductDocument, { input: productInput(given) })).product;
const refusal = (given: Partial<CreateProductInput>) =>
  admin.refused(CreateProductDocument, { input: productInput(given) });

interface Versioned {
  readonly id: string;
  readonly version: number;
}
type Changes = Omit<UpdateProductInput, 'id' | 'expectedVersion'>;
const change = async ({ id, version }: Versioned, changes: Changes) =>
  (await admin.mutate(UpdateProductDocument, { input: { id, expectedVersion: version, ...changes } }))
    .product;
const changeRefusal = ({ id, version }: Versioned, changes: Changes) =>
  admin.refused(UpdateProductDocument, { input: { id, expectedVersion: version, ...changes } });

const productOf = async (id: string) => (await admin.run(ProductDocument, { id })).product;
const productWith = async (sku: string) => (await client.run(ProductBySkuDocument, { sku })).product;
const contents = () => site.contents('product');

describe('updateProduct', () => {
  test('changes what is given, and nothing else, and counts the versions', async () => {
    const product = await create();
    const steps: [Changes, object?][] = [
      [{}],
      [{ sku: unique('NEW-') }],
      [{ name: ' New name ' }, { name: 'New name' }],
      [{ description: 'New' }],
      [{ imageUrl: 'https://example.com/new.svg' }],
      [{ price: { currency: 'DIAMOND', amount: 3 } }],
      [{ stock: 5 }],
      [{ active: false }],
      [{ active: true }],
      [{ stock: 0 }],
      [{ description: '' }],
      [{ imageUrl: null }],
      [{ stock: null }],
      [{ name: 'Both', stock: 7 }],
    ];
    let last = product;
    for (const [changes, shown = changes] of steps) {
      const next = await change(last, changes);
      expect(next).toEqual({ ...last, ...shown, version: last.version + 1, updatedAt: next.updatedAt });
      expect(Date.parse(next.updatedAt)).toBeGreaterThanOrEqual(Date.parse(last.updatedAt));
      expect(await productOf(product.id)).toEqual(next);
      last = next;
    }
    expect(await change(last, { sku: last.sku })).toMatchObject({ sku: last.sku });
  });

  test('finds it under the new sku alone, by its sku and by words', async () => {
    const product = await create();
    const { sku } = await change(product, { sku: unique('NEW-'), name: unique('Renamed ') });
    expect(await productWith(product.sku)).toBe(null);
    expect((await productWith(sku))?.id).toBe(product.id);
    const found = async (search: string) =>
      (await client.run(ProductPageDocument, { search })).products.nodes.map(({ id }) => id);
    expect(await found(sku)).toEqual([product.id]);
    expect(await found(product.sku)).toEqual([]);
    expect(await found(product.name)).toEqual([]);
  });

  test('refuses null where nothing may be cleared', async () => {
    const product = await create();
    const before = await contents();
    for (const field of ['sku', 'name', 'description', 'price', 'active'] as const) {
      expect(await changeRefusal(product, { [field]: null })).toEqual([['INVALID', `input.${field}`]]);
    }
    expect(await contents()).toBe(before);
  });

  test.each(wrong)('refuses a bad %s, and changes nothing', async (field, inputs) => {
    const product = await create();
    const before = await contents();
    for (const given of inputs) {
      const result = await changeRefusal(product, given);
      expect([given, result]).toEqual([given, [['INVALID', `input.${field}`]]]);
    }
    expect(await contents()).toBe(before);
  });

  test('cannot read malformed values', async () => {
    const { id } = await create();
    const before = await contents();
    const query = 'mutation($input: UpdateProductInput!) { updateProduct(input: $input) { product { id } } }';
    const bad = [...malformed.filter((given) => !Object.values(given).includes(null)), { id: 'product_' }];
    for (const given of bad) {
      const { body } = await admin.post({
        query,
        variables: { input: { id, expectedVersion: 1, ...given } },
      });
      const codes = body.errors?.map(({ extensions }) => extensions?.code);
      expect([given, codes]).toEqual([given, ['BAD_USER_INPUT']]);
    }
    expect(await contents()).toBe(before);
  });

  test('refuses another version, what is not there, and a sku that is taken', async () => {
    const [product, other] = [await create(), await create()];
    const next = await change(product, { name: 'Next' });
    const before = await contents();
    for (const [target, changes, expected] of [
      [product, { name: 'x' }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...next, version: 0 }, { name: 'x' }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...next, version: 3 }, { name: 'x' }, ['VERSION_CONFLICT', 'input.expectedVersion']],
      [{ ...next, id: aProductsId }, { name: 'x' }, ['NOT_FOUND', 'input.id']],
      [{ ...next, id: aQuestsId }, { name: 'x' }, ['NOT_FOUND', 'input.id']],
      [next, { sku: other.sku, name: 'x' }, ['TAKEN', 'input.sku']],
    ] satisfies [Versioned, Changes, [string, string]][]) {
      expect([changes, await changeRefusal(target, changes)]).toEqual([changes, [expected]]);
    }
    expect(await contents()).toBe(before);
  });

  test('of 50 changes of one version at once one wins', async () => {
    const product = await create();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => changeRefusal(product, { name: `Name ${index}` })),
    );
    const winners = results.flatMap((errors, index) => (errors.length === 0 ? [`Name ${index}`] : []));
    expect(winners).toHaveLength(1);
    expect(results.flat()).toEqual(
      Array.from({ length: 49 }, () => ['VERSION_CONFLICT', 'input.expectedVersion']),
    );
    expect(await productOf(product.id)).toMatchObject({ name: winners[0], version: 2 });
  });

  test('of 20 products that want one sku at once one gets it', async () => {
    const products = await Promise.all(Array.from({ length: 20 }, () => create()));
    const sku = unique('WANTED-');
    const results = await Promise.all(products.map((product) => changeRefusal(product, { sku })));
    const winners = products.filter((_, index) => results[index]?.length === 0);
    expect(winners).toHaveLength(1);
    expect(results.flat()).toEqual(Array.from({ length: 19 }, () => ['TAKEN', 'input.sku']));
    expect((await productWith(sku))?.id).toBe(winners[0]?.id);
  });
});

describe('deleteProduct', () => {
  const remove = (id: string) => admin.mutate(DeleteProductDocument, { input: { id } });
  const removalRefusal = (id: string) => admin.refused(DeleteProductDocument, { input: { id } });

  test('takes the product out of everything that finds one', async () => {
    const product = await create();
    expect(await remove(product.id)).toEqual({ deletedProductId: product.id, userErrors: [] });
    for (const who of [client, admin]) {
      expect(await who.run(ProductDocument, { id: product.id })).toEqual({ product: null });
      expect(await who.run(ProductBySkuDocument, { sku: product.sku })).toEqual({ product: null });
      expect(await who.run(NodeDocument, { id: product.id })).toEqual({ node: null });
      expect(await who.run(NodesDocument, { ids: [product.id] })).toEqual({ nodes: [null] });
      const { products } = await who.run(ProductPageDocument, { search: product.sku });
      expect(products).toMatchObject({ nodes: [], totalCount: 0 });
      const all = await who.run(ProductPageDocument, { first: 100 });
      expect(all.products.nodes.map(({ id }) => id)).not.toContain(product.id);
    }
  });

  test('frees the sku, for as many as come after each other', async () => {
    const first = await create();
    const { sku } = first;
    await remove(first.id);
    const second = await create({ sku });
    expect(await refusal({ sku })).toEqual([['TAKEN', 'input.sku']]);
    await remove(second.id);
    const third = await change(await create(), { sku });
    expect((await productWith(sku))?.id).toBe(third.id);
  });

  test('finds nothing to delete twice, and nothing to change afterwards', async () => {
    const product = await create();
    await remove(product.id);
    const before = await contents();
    for (const id of [product.id, aProductsId, aQuestsId]) {
      expect(await removalRefusal(id)).toEqual([['NOT_FOUND', 'input.id']]);
    }
    for (const version of [1, 2]) {
      const target = { ...product, version };
      expect(await changeRefusal(target, { active: true })).toEqual([['NOT_FOUND', 'input.id']]);
    }
    expect(await admin.fails(DeleteProductDocument, { input: { id: 'product' } })).toEqual([
      'BAD_USER_INPUT',
    ]);
    expect(await contents()).toBe(before);
  });

  test('of 50 at once one deletes it', async () => {
    const { id } = await create();
    const results = await Promise.all(Array.from({ length: 50 }, () => removalRefusal(id)));
    expect(results.filter((errors) => errors.length === 0)).toHaveLength(1);
    expect(results.flat()).toEqual(Array.from({ length: 49 }, () => ['NOT_FOUND', 'input.id']));
  });
});
