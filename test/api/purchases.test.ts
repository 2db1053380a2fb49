import { describe, expect, test } from 'vitest';
import {
  DeleteProductDocument,
  EventsDocument,
  NodeDocument,
  NotificationReceivedDocument,
  NotificationsDocument,
  PurchaseNodesDocument,
  PurchaseProductDocument,
  PurchasesDocument,
  UpdateProductDocument,
  ViewerDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { openLive } from '../kit/live.ts';
import { notificationMarker } from '../kit/markers.ts';
import { statements } from '../kit/statements.ts';
import { present } from '../kit/unique.ts';
import { diamonds, gold, orderOf, Shop } from './shop.ts';

const shop = await Shop.open();
const { client, seed, site } = shop.app;
const admin = (await seed.boss()).client;

describe('purchaseProduct', () => {
  test('moves price, stock and wallet together', async () => {
    const [person, product] = await Promise.all([
      seed.user().withGold(500),
      seed.product({ price: gold(60), stock: 10 }),
    ]);
    const payload = await shop.buy(person, orderOf(product, { quantity: 3 }));
    const purchase = {
      id: expect.stringMatching(/^purchase_[0-9a-z]{26}$/),
      product: { id: product.id, name: product.name, stock: 7 },
      quantity: 3,
      unitPrice: gold(60),
      total: gold(180),
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    };
    expect(payload).toEqual({ purchase, wallet: { gold: 320, diamond: 0 }, userErrors: [] });
    const { id } = payload.purchase;
    const wallet = await shop.walletOf(person);
    expect(wallet).toMatchObject({
      gold: 320,
      entries: [
        {
          currency: 'GOLD',
          amount: -180,
          balanceAfter: 320,
          reason: 'PURCHASE',
          source: { __typename: 'Purchase', id, quantity: 3, product: { name: product.name } },
          note: null,
        },
        { amount: 500 },
      ],
    });
    expect(await shop.purchasesOf(person)).toMatchObject([{ id, quantity: 3, product: { id: product.id } }]);
    const sides = await site.sql(
      `select system_name as wallet, amount::int from ledger_entry join wallet on wallet.id = wallet_id
       join purchase on purchase.id = source_id join product on product.id = product_id
       where sku = $1 order by amount`,
      product.sku,
    );
    expect(sides).toEqual([
      { wallet: null, amount: -180 },
      { wallet: 'sales', amount: 180 },
    ]);
  });

  test('buys one where no quantity is given, of what has no limit, for diamonds too', async () => {
    const person = await seed.user().withGold(5).withDiamonds(7);
    const product = await seed.product({ price: diamonds(7) });
    const { purchase, wallet } = await shop.buy(person, orderOf(product));
    expect(purchase).toMatchObject({
      quantity: 1,
      unitPrice: diamonds(7),
      total: diamonds(7),
      product: { stock: null },
    });
    expect(wallet).toEqual({ gold: 5, diamond: 0 });
  });

  test('takes the last of a stock, and the last of a wallet', async () => {
    const [person, product] = [
      await seed.user().withGold(1000),
      await seed.product({ price: gold(1), stock: 1000 }),
    ];
    const { wallet, purchase } = await shop.buy(person, orderOf(product, { quantity: 1000 }));
    expect([wallet.gold, purchase.product.stock]).toEqual([0, 0]);
  });

  test('changes nothing of the product but the stock', async () => {
    const product = await seed.product({ stock: 5 });
    const row = () =>
      site.sql(`select to_jsonb(p) - 'stock' as product from product p where sku = $1`, product.sku);
    const before = await row();
    await shop.buy(await seed.user().withGold(100), orderOf(product));
    expect(await row()).toEqual(before);
    const input = { id: product.id, expectedVersion: product.version, name: 'Still the first version' };
    expect((await admin.mutate(UpdateProductDocument, { input })).product).toMatchObject({
      stock: 4,
      version: 2,
    });
  });

  test('tells the buyer, in the list and at once', async () => {
    const person = await seed.user().withGold(500);
    const product = await seed.product({ name: 'Blue mug', price: gold(60) });
    await site.settled();
    const live = openLive(person.client);
    const [told, changed] = [
      await live.events(NotificationReceivedDocument),
      await live.events(WalletChangedDocument),
    ];
    const { purchase } = await shop.buy(person, orderOf(product, { quantity: 2 }));
    const notification = {
      kind: 'PURCHASE_MADE',
      title: 'Purchase made',
      body: 'You bought 2 × “Blue mug” for 120 gold.',
      subject: { __typename: 'Purchase', id: purchase.id },
    };
    const viewer = present((await person.client.run(NotificationsDocument)).viewer);
    expect(viewer.notifications.nodes[0]).toMatchObject({ ...notification, readAt: null });
    expect((await told.next()).notificationReceived.notification).toMatchObject(notification);
    const [entry] = (await shop.walletOf(person)).entries;
    expect((await changed.next()).walletChanged.entry).toMatchObject({ id: entry?.id, amount: -120 });
    await told.expectNothingMore(notificationMarker(seed, person));
    expect((await changed.next()).walletChanged.entry).toMatchObject({ amount: 1, reason: 'ADJUSTMENT' });
  });

  test('records product.purchased, which moves quests', async () => {
    const person = await seed.user().withGold(500);
    const [product, other] = [await seed.product(), await seed.product()];
    const { sku } = product;
    const reward = await seed.reward(diamonds(2));
    await seed.quest({
      eventType: 'product.purchased',
      eventMatch: { sku, quantity: 3 },
      autoClaim: true,
      rewards: [{ rewardId: reward.id }],
    });
    await shop.buy(person, orderOf(other, { quantity: 3 }));
    await shop.buy(person, orderOf(product, { quantity: 2 }));
    await site.settled();
    expect(await shop.walletOf(person)).toMatchObject({ diamond: 0 });
    await shop.buy(person, orderOf(product, { quantity: 3 }));
    await site.settled();
    expect(await shop.walletOf(person)).toMatchObject({ diamond: 2 });
    const { events } = await admin.run(EventsDocument, { userId: person.id, eventType: 'product.purchased' });
    expect(events.nodes.map(({ data, source }) => [data, source])).toEqual([
      [{ sku, quantity: 3 }, null],
      [{ sku, quantity: 2 }, null],
      [{ sku: other.sku, quantity: 3 }, null],
    ]);
  });

  test('is for who is signed in, whatever their role', async () => {
    const product = await seed.product();
    const before = await shop.contents();
    const input = orderOf(product);
    expect(await client.fails(PurchaseProductDocument, { input })).toEqual(['UNAUTHENTICATED']);
    expect(await shop.contents()).toBe(before);
    for (const person of [await seed.admin().withGold(10), await seed.service().withGold(10)]) {
      expect((await shop.buy(person, orderOf(product))).wallet.gold).toBe(0);
    }
  });
});

describe('what was bought', () => {
  test('is the buyer’s and the admins’ to see', async () => {
    const [person, stranger] = await Promise.all([seed.user().withGold(10), seed.user()]);
    const { id } = await seed.purchase(person, await seed.product());
    for (const who of [person.client, admin]) {
      const [purchase] = (await who.run(PurchaseNodesDocument, { ids: [id] })).nodes;
      expect(purchase).toMatchObject({ id, buyer: { id: person.id }, quantity: 1 });
    }
    for (const who of [client, stranger.client]) {
      expect(await who.run(NodeDocument, { id })).toEqual({ node: null });
    }
    expect(await shop.purchasesOf(stranger)).toEqual([]);
  });

  test('keeps showing a product that was deleted, at the price that was paid', async () => {
    const person = await seed.user().withGold(100);
    const product = await seed.product({ price: gold(60) });
    const { id } = await seed.purchase(person, product);
    const changes = { id: product.id, expectedVersion: 1, price: gold(90), name: 'New name' };
    await admin.mutate(UpdateProductDocument, { input: changes });
    await admin.mutate(DeleteProductDocument, { input: { id: product.id } });
    await seed.product({ sku: product.sku });
    const shown = { id: product.id, sku: product.sku, name: 'New name' };
    const bought = { id, unitPrice: gold(60), total: gold(60), product: shown };
    expect(await shop.purchasesOf(person)).toMatchObject([bought]);
    expect((await person.client.run(PurchaseNodesDocument, { ids: [id] })).nodes).toMatchObject([bought]);
    const { node } = await person.client.run(NodeDocument, { id: product.id });
    expect(node).toBe(null);
  });

  test('is listed the newest first, page by page', async () => {
    const person = await seed.user().withGold(100);
    const product = await seed.product();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.unshift((await seed.purchase(person, product)).id);
    const page = async (after?: string | null) =>
      present((await person.client.run(PurchasesDocument, { first: 2, after })).viewer).purchases;
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { nodes, pageInfo, totalCount }: Awaited<ReturnType<typeof page>> = await page(after);
      expect(totalCount).toBe(5);
      seen.push(...nodes.map(({ id }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(ids);
  });

  test('takes the same statements for one and for fifty', async () => {
    const person = await seed.user().withGold(1000);
    const products = await Promise.all(Array.from({ length: 10 }, () => seed.product({ price: gold(1) })));
    const ids: string[] = [];
    for (let count = 0; count < 50; count++) {
      const product = present(products[count % products.length]);
      ids.push((await seed.purchase(person, product)).id);
    }
    await site.settled();
    await person.client.run(ViewerDocument);
    const list = (first: number) =>
      statements(shop.app, () => person.client.run(PurchasesDocument, { first }));
    const one = await list(1);
    expect(Object.values(one)).not.toContain(2);
    expect(await list(50)).toEqual(one);
    const byIds = (count: number) =>
      statements(shop.app, () => person.client.run(PurchaseNodesDocument, { ids: ids.slice(0, count) }));
    expect(await byIds(50)).toEqual(await byIds(1));
  });
});
