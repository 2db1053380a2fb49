import { describe, expect, test } from 'vitest';
import {
  NodeDocument,
  NodesDocument,
  ProductBySkuDocument,
  ProductDocument,
  ProductPageDocument,
  ProductsDocument,
  UpdateProductDocument,
} from '../generated/operations.ts';
import type { Client } from '../kit/client.ts';
import { gold, orderOf, Shop } from './shop.ts';

const shop = await Shop.open();
const { client: nobody, seed } = shop.app;
const admin = (await seed.boss()).client;

type Sold = Awaited<ReturnType<typeof seed.product>>;

/** A product that was bought and is no longer for sale. */
async function boughtAndGone() {
  const buyer = await seed.user().withGold(100);
  const product = await seed.product({ price: gold(10), stock: 5 });
  const purchase = await seed.purchase(buyer, product);
  await setActive(product, 1, false);
  return { buyer, product, purchase };
}

const setActive = ({ id }: Pick<Sold, 'id'>, expectedVersion: number, active: boolean) =>
  admin.mutate(UpdateProductDocument, { input: { id, expectedVersion, active } });

/** Every place where a product can be found directly. */
async function whereabouts(who: Client, { id, sku, name }: Pick<Sold, 'id' | 'sku' | 'name'>) {
  const found = (await who.run(ProductPageDocument, { search: name })).products;
  const named = (
    await who.run(ProductPageDocument, { search: sku, filter: { currency: 'GOLD', maxPrice: 10 } })
  ).products;
  return {
    byId: (await who.run(ProductDocument, { id })).product?.id,
    bySku: (await who.run(ProductBySkuDocument, { sku })).product?.id,
    node: (await who.run(NodeDocument, { id })).node?.id,
    nodes: (await who.run(NodesDocument, { ids: [id, id] })).nodes.map((node) => node?.id),
    searched: [found.totalCount, ...found.nodes.map((each) => each.id)],
    named: [named.totalCount, ...named.nodes.map((each) => each.id)],
    listed: (await who.run(ProductsDocument, { first: 100 })).products.nodes.some((each) => each.id === id),
  };
}

const nowhere = {
  byId: undefined,
  bySku: undefined,
  node: undefined,
  nodes: [undefined, undefined],
  searched: [0],
  named: [0],
  listed: false,
};

describe('an inactive product', () => {
  test('is nowhere for anybody but admins, also not for its buyers', async () => {
    const { buyer, product } = await boughtAndGone();
    for (const who of [nobody, (await seed.user()).client, (await seed.service()).client, buyer.client])
      expect(await whereabouts(who, product)).toEqual(nowhere);
    const { id } = product;
    const found = { ...nowhere, byId: id, bySku: id, node: id, nodes: [id, id] };
    // Lists show what is for sale, unless the filter says otherwise.
    expect(await whereabouts(admin, product)).toEqual(found);
    const hidden = { search: product.sku, filter: { active: false } };
    expect((await admin.run(ProductPageDocument, hidden)).products.totalCount).toBe(1);
  });

  test('is there for everybody as soon as it is for sale again', async () => {
    const product = await seed.product({ active: false, price: gold(10) });
    expect(await whereabouts(nobody, product)).toEqual(nowhere);
    await setActive(product, 1, true);
    expect((await whereabouts(nobody, product)).byId).toBe(product.id);
  });

  test('is shown by its purchases to their buyer, and to nobody else', async () => {
    const { buyer, product, purchase } = await boughtAndGone();
    expect((await shop.purchasesOf(buyer)).map((each) => each.product.id)).toEqual([product.id]);
    const query = 'query($id: ID!) { node(id: $id) { ... on Purchase { product { id name active } } } }';
    const ask = async (who: Client) => (await who.post({ query, variables: { id: purchase.id } })).body.data;
    const shown = { product: { id: product.id, name: product.name, active: false } };
    expect(await ask(buyer.client)).toEqual({ node: shown });
    for (const who of [nobody, (await seed.user()).client]) expect(await ask(who)).toEqual({ node: null });
  });

  test('is shown by a purchase alone, though the same request asks for both', async () => {
    const { buyer, product, purchase } = await boughtAndGone();
    const both = (fields: string) => `query($purchase: ID!, $id: ID!, $sku: String!) { ${fields} }`;
    const bought = 'bought: node(id: $purchase) { ... on Purchase { product { id } } }';
    const byItself =
      'byId: product(id: $id) { id } bySku: product(sku: $sku) { id } node(id: $id) { id } nodes(ids: [$purchase, $id]) { id }';
    const variables = { purchase: purchase.id, id: product.id, sku: product.sku };
    for (const query of [both(`${bought} ${byItself}`), both(`${byItself} ${bought}`)]) {
      const { body } = await buyer.client.post({ query, variables });
      expect(body).toEqual({
        data: {
          bought: { product: { id: product.id } },
          ...{ byId: null, bySku: null, node: null },
          nodes: [{ id: purchase.id }, null],
        },
      });
    }
  });

  test('cannot be bought, and says no more than that', async () => {
    const { buyer, product } = await boughtAndGone();
    for (const order of [orderOf(product), orderOf(product, { quantity: 1_000, expectedPrice: gold(9_999) })])
      expect(await shop.refusal(buyer, order)).toEqual([['NOT_AVAILABLE', 'input.productId']]);
  });
});
