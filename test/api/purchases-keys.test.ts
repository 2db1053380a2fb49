import { describe, expect, test } from 'vitest';
import {
  AdjustWalletDocument,
  DeleteProductDocument,
  PurchaseProductDocument,
  type PurchaseProductInput,
  UpdateProductDocument,
} from '../generated/operations.ts';
import { fifty, gold, orderOf, Shop, times } from './shop.ts';

const shop = await Shop.open();
const { seed } = shop.app;
const admin = (await seed.boss()).client;

describe('an idempotency key', () => {
  const buyer = () => seed.user().withGold(1000);

  test('50 times at once: one purchase, 50 equal answers; with another input KEY_REUSED', async () => {
    const person = await buyer();
    const [product, other] = [await seed.product({ price: gold(60), stock: 50 }), await seed.product()];
    const input = { ...orderOf(product), quantity: 2 };
    const answers = await fifty(() => person.client.run(PurchaseProductDocument, { input }));
    const [first] = answers;
    expect(first?.purchaseProduct).toMatchObject({
      purchase: { quantity: 2, total: gold(120), product: { stock: 48 } },
      wallet: { gold: 880 },
      userErrors: [],
    });
    expect(answers).toEqual(Array.from({ length: 50 }, () => first));
    expect(await shop.purchasesOf(person)).toHaveLength(1);
    expect((await shop.walletOf(person)).entries).toHaveLength(2);
    expect(await shop.stockOf(product.id)).toBe(48);
    const before = await shop.contents();
    for (const changed of [
      { quantity: 3 },
      { quantity: 1 },
      { productId: other.id },
      { expectedPrice: gold(61) },
      { expectedPrice: { currency: 'DIAMOND', amount: 60 } },
      { quantity: 0 },
      { expectedPrice: gold(-1) },
      { productId: person.id },
    ] satisfies Partial<PurchaseProductInput>[]) {
      const refused = await shop.refusal(person, { ...input, ...changed });
      expect([changed, refused]).toEqual([changed, [['KEY_REUSED', 'input.idempotencyKey']]]);
    }
    expect(await shop.contents()).toBe(before);
  });

  test('with two inputs at once: one of them is bought', async () => {
    const person = await buyer();
    const product = await seed.product({ price: gold(10) });
    const input = orderOf(product);
    const results = await fifty((index) => shop.refusal(person, { ...input, quantity: 1 + (index % 2) }));
    expect(results.flat()).toEqual(times(25, ['KEY_REUSED', 'input.idempotencyKey']));
    expect(await shop.purchasesOf(person)).toHaveLength(1);
  });

  test('compares inputs after their defaults, however they are written', async () => {
    const person = await buyer();
    const input = orderOf(await seed.product());
    const { productId, expectedPrice, idempotencyKey } = input;
    const { amount, currency } = expectedPrice;
    const first = await shop.buy(person, input);
    expect(await shop.buy(person, { ...input, quantity: 1 })).toEqual(first);
    const turned = { quantity: 1, idempotencyKey, expectedPrice: { amount, currency }, productId };
    expect(await shop.buy(person, turned)).toEqual(first);
  });

  test('gives the first result, read afresh, whatever has become of the product since', async () => {
    const person = await buyer();
    const product = await seed.product({ stock: 1 });
    const input = orderOf(product);
    const { purchase } = await shop.buy(person, input);
    expect((await shop.buy(person, input)).purchase).toEqual(purchase);
    await seed.give(person, gold(5));
    const changes = { id: product.id, expectedVersion: 1, name: 'New name', price: gold(99), active: false };
    await admin.mutate(UpdateProductDocument, { input: changes });
    await admin.mutate(DeleteProductDocument, { input: { id: product.id } });
    const again = await shop.buy(person, input);
    expect(again.purchase).toEqual({ ...purchase, product: { ...purchase.product, name: 'New name' } });
    expect(again.wallet).toEqual({ gold: 995, diamond: 0 });
    expect(await shop.purchasesOf(person)).toHaveLength(1);
  });

  test('belongs to its account', async () => {
    const [one, other] = [await buyer(), await buyer()];
    const input = orderOf(await seed.product());
    const [first, second] = [await shop.buy(one, input), await shop.buy(other, input)];
    expect(second.purchase.id).not.toBe(first.purchase.id);
    expect((await shop.walletOf(other)).gold).toBe(990);
  });

  test('of another operation is another input', async () => {
    const boss = await seed.admin().withGold(100);
    const input = orderOf(await seed.product());
    const { idempotencyKey } = input;
    const gift = { userId: boss.id, amount: gold(1), note: 'a gift', idempotencyKey };
    await boss.client.mutate(AdjustWalletDocument, { input: gift });
    expect(await shop.refusal(boss, input)).toEqual([['KEY_REUSED', 'input.idempotencyKey']]);
    const next = orderOf({ id: input.productId, price: input.expectedPrice });
    await shop.buy(boss, next);
    const second = { input: { ...gift, idempotencyKey: next.idempotencyKey } };
    expect(await boss.client.refused(AdjustWalletDocument, second)).toEqual([
      ['KEY_REUSED', 'input.idempotencyKey'],
    ]);
  });

  test('of what was refused may be tried again, with the same or another input', async () => {
    const person = await seed.user().withGold(5);
    const product = await seed.product({ price: gold(10), stock: 1 });
    const input = orderOf(product);
    expect(await shop.refusal(person, { ...input, quantity: 0 })).toEqual([['INVALID', 'input.quantity']]);
    expect(await shop.refusal(person, { ...input, quantity: 2 })).toEqual([
      ['OUT_OF_STOCK', 'input.quantity'],
    ]);
    expect(await shop.refusal(person, input)).toEqual([['INSUFFICIENT_FUNDS', null]]);
    await seed.give(person, gold(5));
    expect((await shop.buy(person, input)).wallet.gold).toBe(0);
  });

  test('can have 1 to 255 printable characters, spaces and all, and is told apart by each', async () => {
    const person = await buyer();
    const product = await seed.product();
    const keys = ['x', 'X', ' x', 'x ', ' ', '~!"\'\\;--', 'y'.repeat(255), `${'y'.repeat(254)}z`];
    for (const idempotencyKey of keys) await shop.buy(person, orderOf(product, { idempotencyKey }));
    expect(await shop.purchasesOf(person)).toHaveLength(keys.length);
  });
});
