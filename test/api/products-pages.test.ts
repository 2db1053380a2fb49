import { beforeAll, describe, expect, test } from 'vitest';
import {
  DeleteProductDocument,
  type ProductOrder,
  ProductPageDocument,
  type ProductPageQuery,
  type ProductPageQueryVariables,
  UpdateProductDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { present, unique } from '../kit/unique.ts';
import { shelf } from './product-inputs.ts';

const { client, seed, site } = await startApp();

let admin: Client;
beforeAll(async () => {
  admin = (await seed.boss()).client;
});

type Asked = ProductPageQueryVariables;
type Row = ProductPageQuery['products']['nodes'][number];

const pageOf = async (asked: Asked) => (await client.run(ProductPageDocument, asked)).products;

describe('pages of products', () => {
  const word = unique('paged');
  const count = 23;
  beforeAll(async () => {
    const names = ['Same', 'same', 'Ähnlich', 'Zebra'];
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        seed.product({
          name: names[index % names.length],
          description: index % 3 ? word : `${word} ${word} again`,
          price: { currency: 'GOLD', amount: 1 + (index % 5) },
        }),
      ),
    );
    // Rows that were created at the same moment are ordered by their ids.
    await site.sql(
      `update product set created_at = timestamptz '2026-11-01' + get_byte(uuid_send(id), 15) % 3 * interval '1 ms'
       where search @@ search_query($1)`,
      word,
    );
  });

  const orders: [ProductOrder, string][] = [
    [{ field: 'CREATED_AT', direction: 'ASC' }, 'created_at, id'],
    [{ field: 'CREATED_AT', direction: 'DESC' }, 'created_at desc, id desc'],
    [{ field: 'NAME', direction: 'ASC' }, 'name, id'],
    [{ field: 'NAME', direction: 'DESC' }, 'name desc, id desc'],
    [{ field: 'PRICE', direction: 'ASC' }, 'price_amount, id'],
    [{ field: 'PRICE', direction: 'DESC' }, 'price_amount desc, id desc'],
    [{ field: 'RELEVANCE' }, 'ts_rank(search, search_query($1))::float8 desc, id desc'],
  ];
  const filter = { currency: 'GOLD' } as const;

  async function inOrder(orderBy: string): Promise<string[]> {
    const rows = await site.sql<{ sku: string }>(
      `select sku from product where search @@ search_query($1) and $1 <> '' order by ${orderBy}`,
      word,
    );
    return rows.map(({ sku }) => sku);
  }

  async function walk(asked: Asked, backward: boolean, size: number): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor: string | null = null;
    for (;;) {
      const part: Asked = backward ? { last: size, before: cursor } : { first: size, after: cursor };
      const { nodes, edges, pageInfo } = await pageOf({ ...asked, ...part });
      expect(edges.map(({ node }) => node.sku)).toEqual(nodes.map(({ sku }) => sku));
      expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor, edges.at(-1)?.cursor]);
      rows.push(...(backward ? nodes.toReversed() : nodes));
      cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
      if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return rows;
    }
  }

  test.each(orders)('%j: every row once, in both directions', async (orderBy, sql) => {
    const expected = await inOrder(sql);
    expect(expected).toHaveLength(count);
    const asked = { search: word, filter, orderBy };
    for (const size of [1, 4, 100]) {
      expect((await walk(asked, false, size)).map(({ sku }) => sku)).toEqual(expected);
      expect((await walk(asked, true, size)).map(({ sku }) => sku)).toEqual(expected.toReversed());
    }
  });

  test.each(orders.slice(0, 6))('%j: the same without a search', async (orderBy, sql) => {
    const mine = new Set(await inOrder(sql));
    const expected = [...mine];
    const own = (rows: Row[]) => rows.map(({ sku }) => sku).filter((sku) => mine.has(sku));
    expect(own(await walk({ filter, orderBy }, false, 100))).toEqual(expected);
    expect(own(await walk({ filter, orderBy }, true, 40))).toEqual(expected.toReversed());
  });

  test.each(orders)(
    '%j: each row that was there throughout, once, while others come and go',
    async (orderBy) => {
      const { word: own, skus } = await shelf(seed, ...Array.from({ length: 12 }, () => ({ name: 'Same' })));
      const comers = await Promise.all(
        Array.from({ length: 6 }, () => seed.product({ name: 'Same', description: own })),
      );
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page: ProductPageQuery['products'] = await pageOf({
          search: own,
          filter,
          orderBy,
          first: 3,
          after,
        });
        seen.push(...page.nodes.map(({ sku }) => sku));
        after = page.pageInfo.hasNextPage ? present(page.pageInfo.endCursor) : null;
        const leaver = comers.pop();
        if (leaver) await admin.mutate(DeleteProductDocument, { input: { id: leaver.id } });
        await seed.product({ name: 'Same', description: own });
      } while (after !== null && seen.length < 100);
      expect(seen).toHaveLength(new Set(seen).size);
      expect(seen.filter((sku) => skus.includes(sku)).toSorted()).toEqual(skus.toSorted());
    },
  );

  test('a cursor is good for its own list and order alone', async () => {
    const cursorOf = async (asked: Asked) => (await pageOf({ ...asked, first: 1 })).pageInfo.endCursor;
    const asks: Asked[] = [
      { orderBy: { field: 'CREATED_AT' } },
      { orderBy: { field: 'CREATED_AT', direction: 'DESC' } },
      { orderBy: { field: 'NAME' } },
      { filter, orderBy: { field: 'PRICE' } },
      { search: word },
      { search: word, orderBy: { field: 'NAME' } },
    ];
    const cursors = await Promise.all(asks.map(cursorOf));
    for (const [index, asked] of asks.entries()) {
      for (const [other, cursor] of cursors.entries()) {
        const codes = await client.fails(ProductPageDocument, { ...asked, after: cursor });
        expect([index, other, codes]).toEqual([index, other, index === other ? [] : ['BAD_USER_INPUT']]);
      }
    }
  });

  test('keep to the order while a product is changed', async () => {
    const { word: own } = await shelf(seed, { name: 'a' }, { name: 'b' }, { name: 'c' });
    const asked = { search: own, orderBy: { field: 'NAME' }, first: 1 } as const;
    const first = await pageOf(asked);
    const [row] = first.nodes;
    const input = { id: present(row).id, expectedVersion: 1, name: 'z' };
    await admin.mutate(UpdateProductDocument, { input });
    const rest = await pageOf({ ...asked, first: 3, after: first.pageInfo.endCursor });
    expect(rest.nodes.map(({ name }) => name)).toEqual(['b', 'c', 'z']);
  });
});
