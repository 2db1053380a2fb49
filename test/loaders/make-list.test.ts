import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { encodeCursor } from '../../src/domain/cursor.ts';
import { parseId } from '../../src/domain/ids.ts';
import type { ConnectionOf } from '../../src/loaders/connection-of.ts';
import { makeList } from '../../src/loaders/make-list.ts';
import { mostNamedShapes } from '../../src/loaders/shapes.ts';
import { type Head, heads, type Item, openShelves } from './shelves.ts';

const shelves = openShelves();
const { db } = shelves;

const id = { sql: 'i.id', type: 'uuid', field: 'uuid' } as const;
const keys = {
  created: [{ sql: 'i.created_at', type: 'timestamptz', field: 'createdAt' }, id],
  name: [{ sql: 'i.name', type: 'text', field: 'name' }, id],
  price: [{ sql: 'i.price', type: 'bigint', field: 'price' }, id],
  weight: [{ sql: 'i.weight::float8', type: 'double precision', field: 'weight' }, id],
} as const;

const columns =
  'i.id as "uuid", i.shelf_id as "shelfUuid", i.name, i.price, i.weight::float8 as "weight", i.created_at as "createdAt"';

type Order = 'newest' | 'oldest' | 'name' | 'nameDown' | 'priceUp' | 'priceDown' | 'weight';

const items = makeList<Item, Order, 'name' | 'cheap' | 'shelves'>({
  name: 'items',
  prefix: 'product',
  columns,
  from: 'item i',
  filters: {
    name: (value) => `i.name = ${value}`,
    cheap: 'i.price = 0 or i.price < 0',
    shelves: (value) => `i.shelf_id = any(${value}::uuid[])`,
  },
  orders: {
    newest: { direction: 'desc', keys: keys.created },
    oldest: { direction: 'asc', keys: keys.created },
    name: { direction: 'asc', keys: keys.name },
    nameDown: { direction: 'desc', keys: keys.name },
    priceUp: { direction: 'asc', keys: keys.price },
    priceDown: { direction: 'desc', keys: keys.price },
    weight: { direction: 'desc', keys: keys.weight },
  },
});

const orderBy: Record<Order, string> = {
  newest: 'created_at desc, id desc',
  oldest: 'created_at, id',
  name: 'name, id',
  nameDown: 'name desc, id desc',
  priceUp: 'price, id',
  priceDown: 'price desc, id desc',
  weight: 'weight desc, id desc',
};
const orders = Object.keys(orderBy) as Order[];

async function whole(order: Order, where = 'true'): Promise<string[]> {
  const rows = await shelves.query<{ id: string }>(
    `select id from item where ${where} order by ${orderBy[order]}`,
  );
  return rows.map((row) => row.id);
}

const uuids = ({ nodes }: ConnectionOf<Item>) => nodes.map(({ uuid }) => uuid);

beforeEach(() => void shelves.sent());

test.each(orders)('page by page, %s gives every row once, in order, from either end', async (order) => {
  const all = await whole(order);
  for (const limit of [7, 100]) {
    for (const backward of [false, true]) {
      const pages: string[][] = [];
      let cursor: string | null = null;
      do {
        const at: { before?: string; after?: string } =
          cursor === null ? {} : backward ? { before: cursor } : { after: cursor };
        const page = await items.connection(db, { order, page: { limit, backward, ...at } });
        pages.push(uuids(page));
        const more: boolean = backward ? page.pageInfo.hasPreviousPage : page.pageInfo.hasNextPage;
        expect(more).toBe(pages.flat().length < all.length);
        cursor = more ? (backward ? page.pageInfo.startCursor() : page.pageInfo.endCursor()) : null;
      } while (cursor !== null);
      expect((backward ? pages.reverse() : pages).flat()).toEqual(all);
    }
  }
});

test('whatever page is asked for between whatever cursors, it is that part of the list', async () => {
  const everything = new Map<Order, { all: string[]; cursors: string[] }>();
  for (const order of orders) {
    const cursors: string[] = [];
    for (let after: string | undefined; cursors.length < 300; after = cursors.at(-1)) {
      const page = { limit: 100, backward: false, ...(after !== undefined && { after }) };
      cursors.push(...(await items.connection(db, { order, page })).edges().map(({ cursor }) => cursor));
    }
    everything.set(order, { all: await whole(order), cursors });
  }
  const place = fc.option(fc.nat(299), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...everything),
      place,
      place,
      fc.nat(100),
      fc.boolean(),
      async ([order, { all, cursors }], from, to, limit, backward) => {
        const after = from === undefined ? undefined : cursors[from];
        const before = to === undefined ? undefined : cursors[to];
        const { nodes, pageInfo } = await items.connection(db, {
          order,
          page: {
            limit,
            backward,
            ...(after !== undefined && { after }),
            ...(before !== undefined && { before }),
          },
        });
        const between = all.slice(from === undefined ? 0 : from + 1, to ?? 300);
        const expected = backward
          ? between.slice(Math.max(between.length - limit, 0))
          : between.slice(0, limit);
        expect(nodes.map(({ uuid }) => uuid)).toEqual(expected);
        const more = between.length > limit;
        expect(pageInfo.hasNextPage).toBe(backward ? to !== undefined : more || to !== undefined);
        expect(pageInfo.hasPreviousPage).toBe(backward ? more || from !== undefined : from !== undefined);
      },
    ),
    { numRuns: 150 },
  );
});

test('rows carry their public ids and keep what their cursors need', async () => {
  const { nodes } = await items.connection(db, { order: 'newest', page: { limit: 1, backward: false } });
  const [item] = nodes;
  expect(parseId(item?.id ?? '')).toEqual({ prefix: 'product', uuid: item?.uuid });
  expect(item?.createdAt).toBeInstanceOf(Date);
});

test('a page is one statement, its count one more, and only where it is asked for', async () => {
  const page = await items.connection(db, { order: 'newest', page: { limit: 20, backward: false } });
  page.edges();
  page.pageInfo.endCursor();
  expect(shelves.sent()).toEqual(['items.newest.first']);
  expect(await Promise.all([page.totalCount(), page.totalCount()])).toEqual([300, 300]);
  expect(shelves.sent()).toEqual(['items.count.']);
});

test('only the filters that are given filter, pages and counts alike', async () => {
  const [shelf] = await shelves.query<{ id: string }>('select shelf_id as id from item limit 1');
  const given = [
    [{}, 'true'],
    [{ name: undefined, cheap: false, shelves: null }, 'true'],
    [{ name: "it's" }, "name = 'it''s'"],
    [{ cheap: true }, 'price = 0'],
    [{ shelves: [] }, 'false'],
    [
      { shelves: [shelf?.id], cheap: true, name: 'apple' },
      `shelf_id = '${shelf?.id}' and price = 0 and name = 'apple'`,
    ],
    [{ name: "x' or 'a' = 'a" }, 'false'],
  ] as const;
  for (const [filters, where] of given) {
    const expected = await whole('oldest', where);
    const page = await items.connection(db, {
      order: 'oldest',
      page: { limit: 100, backward: false },
      filters,
    });
    expect(uuids(page)).toEqual(expected.slice(0, 100));
    expect(await page.totalCount()).toBe(expected.length);
    const [after] = page.edges();
    if (after === undefined) continue;
    const next = { limit: 100, backward: false, after: after.cursor };
    expect(uuids(await items.connection(db, { order: 'oldest', page: next, filters }))).toEqual(
      expected.slice(1, 101),
    );
  }
});

test('a list may be ordered by what its own parameters say', async () => {
  const rank = "ts_rank(to_tsvector('simple', i.name), q)::float8";
  const found = makeList<Item & { rank: number }, 'relevance', 'name'>({
    name: 'foundItems',
    prefix: 'product',
    columns: `${columns}, ${rank} as "rank"`,
    from: "item i, websearch_to_tsquery('simple', $1) q",
    where: "to_tsvector('simple', i.name) @@ q or i.price = $2",
    parameters: 2,
    filters: { name: (value) => `i.name <> ${value}` },
    orders: {
      relevance: {
        direction: 'desc',
        keys: [{ sql: rank, type: 'double precision', field: 'rank' }, id],
      },
    },
  });
  const request = { order: 'relevance', values: ['apple', 0], filters: { name: 'zwölf 🎲' } } as const;
  const expected = await shelves.query<{ id: string }>(
    `select id from item i, to_tsquery('simple', 'apple') q
     where (name = 'apple' or price = 0) and name <> 'zwölf 🎲' order by ${rank} desc, id desc`,
  );
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = { limit: 9, backward: false, ...(after !== undefined && { after }) };
    const { nodes, pageInfo, totalCount } = await found.connection(db, { ...request, page });
    expect(await totalCount()).toBe(expected.length);
    seen.push(...nodes.map(({ uuid }) => uuid));
    after = pageInfo.hasNextPage ? (pageInfo.endCursor() ?? undefined) : undefined;
  } while (after !== undefined);
  expect(seen).toEqual(expected.map((row) => row.id));
  const page = { limit: 1, backward: false };
  await expect(found.connection(db, { order: 'relevance', values: ['apple'], page })).rejects.toThrow(
    TypeError,
  );
});

test('a cursor of another list or order is refused before anything is read', async () => {
  const badUserInput = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });
  const page = await items.connection(db, { order: 'newest', page: { limit: 1, backward: false } });
  const cursor = page.pageInfo.endCursor() ?? '';
  shelves.sent();
  for (const at of [{ after: cursor }, { before: cursor }, { after: '' }, { before: 'x' }]) {
    await expect(
      items.connection(db, { order: 'oldest', page: { limit: 1, backward: false, ...at } }),
    ).rejects.toThrow(badUserInput);
  }
  expect(shelves.sent()).toEqual([]);
});

test('a cursor whose row is gone, or never was, still has its place', async () => {
  const at = new Date('2026-11-21T10:00:00.125Z');
  const after = encodeCursor('items.oldest', [at, '00000000-0000-0000-0000-000000000000']);
  const page = await items.connection(db, { order: 'oldest', page: { limit: 100, backward: false, after } });
  expect(uuids(page)).toEqual((await whole('oldest', `created_at >= '${at.toISOString()}'`)).slice(0, 100));
});

test('no page is larger than 100 rows', async () => {
  const page = { limit: 101, backward: false };
  await expect(items.connection(db, { order: 'newest', page })).rejects.toThrow(RangeError);
});

test('PostgreSQL plans each shape once, by the index of its order', async () => {
  const crowd = makeList<Head, 'newest'>({ name: 'crowd', ...heads });
  const first = await crowd.connection(db, { order: 'newest', page: { limit: 20, backward: false } });
  const page = { limit: 20, backward: false, after: first.pageInfo.endCursor() ?? '' };
  // PostgreSQL plans the first five runs for the given values before it may use one generic plan.
  for (let time = 0; time < 8; time++) await crowd.connection(db, { order: 'newest', page });
  const { plan, generic } = await shelves.planOf('crowd.newest.firstA');
  expect(generic).toBe(3);
  expect(plan).toMatch(/Index (Only )?Scan Backward using crowd_created_at_id_idx/);
  expect(plan).toMatch(/Index Cond: \(ROW\(created_at, id\) < ROW\(/);
  expect(plan).not.toMatch(/Sort|Filter/);
});

test('a name that PostgreSQL would cut is told of when the list is defined', () => {
  const named = (name: string) => () => makeList<Head, 'newest'>({ ...heads, name });
  expect(named('n'.repeat(48))).not.toThrow();
  expect(named('n'.repeat(49))).toThrow('too long');
});

test('clients cannot fill the connections with named statements', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `f${index}`);
  const list = makeList<Item, 'oldest', string>({
    name: 'manyShapes',
    prefix: 'product',
    columns,
    from: 'item i',
    filters: Object.fromEntries(names.map((name) => [name, 'true'])),
    orders: { oldest: { direction: 'asc', keys: keys.created } },
  });
  for (let shape = 0; shape < 256; shape++) {
    const filters = Object.fromEntries(names.map((name, bit) => [name, ((shape >> bit) & 1) === 1]));
    const page = await list.connection(db, { order: 'oldest', page: { limit: 1, backward: false }, filters });
    expect(page.nodes).toHaveLength(1);
  }
  const sent = shelves.sent();
  expect(new Set(sent.filter((name) => name !== '')).size).toBe(mostNamedShapes);
  expect(sent.filter((name) => name === '')).toHaveLength(256 - mostNamedShapes);
});
