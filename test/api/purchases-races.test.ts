import { describe, expect, test } from 'vitest';
import { DeleteProductDocument, ProductDocument, UpdateProductDocument } from '../generated/operations.ts';
import { present } from '../kit/unique.ts';
import { fifty, gold, orderOf, Shop, times } from './shop.ts';

const shop = await Shop.open();
const { client, seed, site } = shop.app;
const admin = (await seed.boss()).client;

const versionOf = async (id: string) => present((await client.run(ProductDocument, { id })).product).version;

/** Expects that every wallet holds the sum of its entries, and that each currency sums to zero. */
async function expectSoundLedger() {
  expect(
    await site.sql(
      `select w.id from wallet w left join ledger_entry e on e.wallet_id = w.id where w.account_id is not null
       group by w.id having w.gold <> coalesce(sum(amount) filter (where currency = 'GOLD'), 0)
         or w.diamond <> coalesce(sum(amount) filter (where currency = 'DIAMOND'), 0)`,
    ),
  ).toEqual([]);
  expect(await site.sql('select from ledger_entry group by currency having sum(amount) <> 0')).toEqual([]);
}

describe('50 purchases at once', () => {
  test('at 60 with a balance of 100: one goes through, 40 are left, one line in the ledger', async () => {
    const person = await seed.user().withGold(100);
    const product = await seed.product({ price: gold(60), stock: 50 });
    const results = await fifty(() => shop.refusal(person, orderOf(product)));
    expect(results.flat()).toEqual(times(49, ['INSUFFICIENT_FUNDS', null]));
    const { gold: left, entries } = await shop.walletOf(person);
    expect(left).toBe(40);
    expect(entries.map(({ reason, amount, balanceAfter }) => [reason, amount, balanceAfter])).toEqual([
      ['PURCHASE', -60, 40],
      ['ADJUSTMENT', 100, 100],
    ]);
    expect(await shop.purchasesOf(person)).toHaveLength(1);
    expect(await shop.stockOf(product.id)).toBe(49);
    await expectSoundLedger();
  });

  test('the same of what has no limit', async () => {
    const person = await seed.user().withGold(100);
    const product = await seed.product({ price: gold(60) });
    const results = await fifty(() => shop.refusal(person, orderOf(product)));
    expect(results.flat()).toEqual(times(49, ['INSUFFICIENT_FUNDS', null]));
    expect((await shop.walletOf(person)).gold).toBe(40);
    await expectSoundLedger();
  });

  test('of a stock of 7 from rich wallets: 7', async () => {
    const people = await fifty(() => seed.user().withGold(1_000_000));
    const product = await seed.product({ price: gold(60), stock: 7 });
    const results = await fifty((index) => shop.refusal(present(people[index]), orderOf(product)));
    expect(results.filter((errors) => errors.length === 0)).toHaveLength(7);
    expect(results.flat()).toEqual(times(43, ['OUT_OF_STOCK', 'input.quantity']));
    expect(await shop.stockOf(product.id)).toBe(0);
    const balances = await Promise.all(people.map(async (person) => (await shop.walletOf(person)).gold));
    const paid = balances.map((left) => 1_000_000 - left);
    expect(paid).toEqual(results.map((errors) => (errors.length === 0 ? 60 : 0)));
    await expectSoundLedger();
  });

  test('of several each, from one stock: never more than there are', async () => {
    const person = await seed.user().withGold(1_000_000);
    const product = await seed.product({ price: gold(1), stock: 100 });
    const quantities = await fifty(async (index) => {
      const quantity = 1 + (index % 7);
      const errors = await shop.refusal(person, orderOf(product, { quantity }));
      if (errors.length > 0) expect(errors).toEqual([['OUT_OF_STOCK', 'input.quantity']]);
      return errors.length === 0 ? quantity : 0;
    });
    const sold = quantities.reduce((sum, quantity) => sum + quantity);
    expect(await shop.stockOf(product.id)).toBe(100 - sold);
    expect((await shop.walletOf(person)).gold).toBe(1_000_000 - sold);
    await expectSoundLedger();
  });

  test('while an admin changes the price: each at the price that its buyer was shown, or not at all', async () => {
    const person = await seed.user().withGold(100_000);
    for (const stock of [null, 1000]) {
      const product = await seed.product({ price: gold(60), stock });
      const raise = { id: product.id, expectedVersion: 1, price: gold(90) };
      const [, results] = await Promise.all([
        admin.mutate(UpdateProductDocument, { input: raise }),
        fifty(() => shop.refusal(person, orderOf(product))),
      ]);
      const refused = results.flat();
      expect(refused).toEqual(times(refused.length, ['PRICE_CHANGED', 'input.expectedPrice']));
      const purchases = await site.sql<{ amount: number; count: number }>(
        `select unit_price_amount::int as amount, count(*)::int as count from purchase join product p on p.id = product_id
         where p.sku = $1 group by 1`,
        product.sku,
      );
      const bought = 50 - refused.length;
      expect(purchases).toEqual(bought === 0 ? [] : [{ amount: 60, count: bought }]);
      expect(await shop.refusal(person, orderOf(product))).toEqual([
        ['PRICE_CHANGED', 'input.expectedPrice'],
      ]);
    }
    await expectSoundLedger();
  });

  test('while the product is deleted: bought before, or NOT_AVAILABLE', async () => {
    const person = await seed.user().withGold(100_000);
    const product = await seed.product({ stock: 1000 });
    const [, results] = await Promise.all([
      admin.mutate(DeleteProductDocument, { input: { id: product.id } }),
      fifty(() => shop.refusal(person, orderOf(product))),
    ]);
    const refused = results.flat();
    expect(refused).toEqual(times(refused.length, ['NOT_AVAILABLE', 'input.productId']));
    const [sold] = await site.sql<{ count: number }>(
      'select count(*)::int as count from purchase join product p on p.id = product_id where p.sku = $1',
      product.sku,
    );
    expect(sold?.count).toBe(50 - refused.length);
    await expectSoundLedger();
  });
});

describe('a purchase and an admin at the same moment', () => {
  const buyer = () => seed.user().withGold(100);
  const setOf = (change: string, { sku }: { readonly sku: string }) =>
    shop.hold(`update product set ${change} where sku = $1`, sku);

  test.each([null, 5])(
    'who changes the price is waited for: PRICE_CHANGED, nothing bought, stock %j',
    async (stock) => {
      const [person, product] = [await buyer(), await seed.product({ price: gold(60), stock })];
      const letGo = await setOf('price_amount = 61', product);
      const refusal = shop.refusal(person, orderOf(product));
      await shop.waiting(1);
      await letGo();
      expect(await refusal).toEqual([['PRICE_CHANGED', 'input.expectedPrice']]);
      expect([await shop.purchasesOf(person), await shop.stockOf(product.id)]).toEqual([[], stock]);
    },
  );

  test.each([null, 5])('who takes it out of the shop is waited for, stock %j', async (stock) => {
    const person = await buyer();
    for (const change of ['active = false', 'deleted_at = now()']) {
      const product = await seed.product({ stock });
      const letGo = await setOf(change, product);
      const refusal = shop.refusal(person, orderOf(product));
      await shop.waiting(1);
      await letGo();
      expect(await refusal).toEqual([['NOT_AVAILABLE', 'input.productId']]);
    }
    expect(await shop.purchasesOf(person)).toEqual([]);
  });

  test.each([null, 5])('who comes second waits until it is bought, stock %j', async (stock) => {
    const [person, product] = [await buyer(), await seed.product({ price: gold(60), stock })];
    const letGo = await shop.hold(
      'select from wallet join account on account.id = account_id where username = $1 for update of wallet',
      person.username,
    );
    const purchase = shop.buy(person, orderOf(product));
    await shop.waiting(1);
    const input = { id: product.id, expectedVersion: 1, price: gold(61) };
    const change = admin.mutate(UpdateProductDocument, { input });
    await shop.waiting(2);
    await letGo();
    expect((await purchase).purchase.total).toEqual(gold(60));
    expect((await change).product.price).toEqual(gold(61));
  });

  test.each([
    [null, 5, 4],
    [5, null, null],
  ])(
    'who limits the stock or lifts the limit does not stop the sale: %j to %j',
    async (stock, next, left) => {
      const [person, product] = [await buyer(), await seed.product({ stock })];
      const letGo = await setOf(`stock = ${next}`, product);
      const purchase = shop.buy(person, orderOf(product));
      await shop.waiting(1);
      await letGo();
      expect((await purchase).purchase.product.stock).toBe(left);
      expect(await shop.stockOf(product.id)).toBe(left);
    },
  );

  test('while an admin limits the stock and lifts the limit: none fails', async () => {
    const person = await seed.user().withGold(100_000);
    const product = await seed.product({ price: gold(1) });
    const toggle = async () => {
      for (let round = 0; round < 10; round++) {
        const expectedVersion = await versionOf(product.id);
        const stock = round % 2 ? null : 1000;
        const input = { id: product.id, expectedVersion, stock };
        await admin.mutate(UpdateProductDocument, { input });
      }
    };
    const [, results] = await Promise.all([toggle(), fifty(() => shop.refusal(person, orderOf(product)))]);
    expect(results.flat()).toEqual([]);
    expect((await shop.walletOf(person)).gold).toBe(100_000 - 50);
  });
});
