import { describe, expect, test } from 'vitest';
import {
  DeleteProductDocument,
  type PurchaseProductInput,
  UpdateProductDocument,
} from '../generated/operations.ts';
import { aProductsId, aQuestsId } from './product-inputs.ts';
import { diamonds, gold, orderOf, Shop } from './shop.ts';

const shop = await Shop.open();
const { seed, site } = shop.app;
const admin = (await seed.boss()).client;
const person = await seed.user().withGold(100);
const product = await seed.product({ price: gold(60), stock: 5 });

describe('a purchase is refused, and leaves everything as it was,', () => {
  const order = (given: Partial<PurchaseProductInput>) => orderOf(product, given);

  async function expectRefused(inputs: PurchaseProductInput[], code: string, field: string | null) {
    await site.settled();
    const before = await shop.contents();
    for (const input of inputs) {
      expect([input, await shop.refusal(person, input)]).toEqual([input, [[code, field]]]);
    }
    expect(await shop.contents()).toBe(before);
  }

  test('for a quantity of nothing, less than nothing, or more than 1,000', () =>
    expectRefused(
      [0, -1, -60, 1001, 2 ** 31 - 1, -(2 ** 31)].map((quantity) => order({ quantity })),
      'INVALID',
      'input.quantity',
    ));

  test('for a price that is none', () =>
    expectRefused(
      [0, -1, -60, 10 ** 12 + 1, Number.MAX_SAFE_INTEGER].map((amount) =>
        order({ expectedPrice: gold(amount) }),
      ),
      'INVALID',
      'input.expectedPrice.amount',
    ));

  test('for numbers that cannot even be read', async () => {
    const before = await shop.contents();
    const query =
      'mutation($input: PurchaseProductInput!) { purchaseProduct(input: $input) { purchase { id } } }';
    for (const given of [
      { quantity: 1.5 },
      { quantity: 2 ** 31 },
      { quantity: 1e20 },
      { quantity: '1' },
      { quantity: null },
      { expectedPrice: gold(59.5) },
      { expectedPrice: gold(2 ** 53) },
      { expectedPrice: gold(1e300) },
      { expectedPrice: { currency: 'GOLD', amount: '60' } },
      { expectedPrice: { currency: 'SILVER', amount: 60 } },
      { expectedPrice: null },
      { productId: 'product' },
      { productId: '' },
      { idempotencyKey: null },
    ]) {
      const { body } = await person.client.post({ query, variables: { input: { ...order({}), ...given } } });
      const codes = body.errors?.map(({ extensions }) => extensions?.code);
      expect([given, codes]).toEqual([given, ['BAD_USER_INPUT']]);
    }
    for (const number of ['1.5', '2147483648', '1e1', '9007199254740993']) {
      const input = `{ productId: "${product.id}", quantity: ${number}, expectedPrice: { currency: GOLD, amount: 60 }, idempotencyKey: "k" }`;
      const { body } = await person.client.post({
        query: `mutation { purchaseProduct(input: ${input}) { purchase { id } } }`,
      });
      expect(body.errors?.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT']);
    }
    expect(await shop.contents()).toBe(before);
  });

  test('for more than the wallet holds, up to the largest amount that there can be', async () => {
    const dearest = await seed.product({ price: gold(10 ** 12) });
    const dear = await seed.product({ price: gold(101) });
    const gems = await seed.product({ price: diamonds(1) });
    await expectRefused(
      [
        order({ quantity: 2 }),
        orderOf(dear),
        orderOf(gems),
        orderOf(dearest),
        orderOf(dearest, { quantity: 1000 }),
      ],
      'INSUFFICIENT_FUNDS',
      null,
    );
  });

  test('for more than the stock holds', async () => {
    const soldOut = await seed.product({ price: gold(1), stock: 0 });
    await expectRefused([order({ quantity: 6 }), orderOf(soldOut)], 'OUT_OF_STOCK', 'input.quantity');
  });

  test.each([null, 5])('for a price that is no longer the one that was shown, stock %j', async (stock) => {
    const product = await seed.product({ price: gold(60), stock });
    const input = { id: product.id, expectedVersion: 1, price: gold(50) };
    await admin.mutate(UpdateProductDocument, { input });
    await expectRefused(
      [
        orderOf(product),
        orderOf(product, { expectedPrice: gold(49) }),
        orderOf(product, { expectedPrice: diamonds(50) }),
      ],
      'PRICE_CHANGED',
      'input.expectedPrice',
    );
    expect((await shop.purchasesOf(person)).map(({ product }) => product.id)).not.toContain(product.id);
  });

  test.each([null, 5])('for what is not for sale, or not any more, stock %j', async (stock) => {
    const [inactive, deleted] = [await seed.product({ active: false, stock }), await seed.product({ stock })];
    await admin.mutate(DeleteProductDocument, { input: { id: deleted.id } });
    const nextOfItsSku = await seed.product({ sku: deleted.sku });
    await expectRefused([orderOf(inactive), orderOf(deleted)], 'NOT_AVAILABLE', 'input.productId');
    expect(nextOfItsSku.id).not.toBe(deleted.id);
  });

  test('for what is not there', () =>
    expectRefused(
      [aProductsId, aQuestsId, person.id].map((productId) => order({ productId })),
      'NOT_FOUND',
      'input.productId',
    ));

  test('for a key that is none', () =>
    expectRefused(
      ['', 'x'.repeat(256), 'ä', 'a\nb', '🦊'].map((idempotencyKey) => order({ idempotencyKey })),
      'INVALID',
      'input.idempotencyKey',
    ));

  test('for the first reason that holds: there, for sale, price, stock, wallet', async () => {
    const product = await seed.product({ price: gold(1000), stock: 0, active: false });
    const wrongPrice = { expectedPrice: gold(1) };
    const set = (expectedVersion: number, changes: object) =>
      admin.mutate(UpdateProductDocument, { input: { id: product.id, expectedVersion, ...changes } });
    const why = async () => (await shop.refusal(person, orderOf(product, wrongPrice)))[0]?.[0];
    expect(await why()).toBe('NOT_AVAILABLE');
    await set(1, { active: true });
    expect(await why()).toBe('PRICE_CHANGED');
    wrongPrice.expectedPrice = gold(1000);
    expect(await why()).toBe('OUT_OF_STOCK');
    await set(2, { stock: 1 });
    expect(await why()).toBe('INSUFFICIENT_FUNDS');
  });

  test('and names all fields that are wrong at once', async () => {
    expect(await shop.refusal(person, order({ quantity: 0, expectedPrice: gold(0) }))).toEqual([
      ['INVALID', 'input.quantity'],
      ['INVALID', 'input.expectedPrice.amount'],
    ]);
  });
});
