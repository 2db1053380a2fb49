import { beforeAll, beforeEach, expect, test } from 'vitest';
import { makeNestedList } from '../../src/loaders/make-nested-list.ts';
import { type Head, heads, type Item, openShelves } from './shelves.ts';

const shelves = openShelves();
const { db } = shelves;

const itemsOfShelf = makeNestedList<Item, 'newest', 'name' | 'notOf'>({
  name: 'itemsOfShelf',
  prefix: 'product',
  parent: 'i.shelf_id',
  columns:
    'i.id as "uuid", i.shelf_id as "shelfUuid", i.name, i.price, i.weight, i.created_at as "createdAt"',
  from: 'item i',
  where: 'i.price >= $2',
  parameters: 1,
  filters: { name: (value) => `i.name = ${value}`, notOf: (value) => `i.id <> ${value}` },
  orders: {
    newest: {
      direction: 'desc',
      keys: [
        { sql: 'i.created_at', type: 'timestamptz', field: 'createdAt' },
        { sql: 'i.id', type: 'uuid', field: 'uuid' },
      ],
    },
  },
});

let parents: string[] = [];

beforeAll(async () => {
  const rows = await shelves.query<{ id: string }>('select id from shelf order by id');
  parents = rows.map(({ id }) => id);
});
beforeEach(() => void shelves.sent());

async function whole(shelf: string, where = 'true'): Promise<string[]> {
  const rows = await shelves.query<{ id: string }>(
    `select id from item where shelf_id = $1 and ${where} order by created_at desc, id desc`,
    [shelf],
  );
  return rows.map(({ id }) => id);
}

const newest = (limit: number, more: object = {}) =>
  ({ order: 'newest', values: [0], page: { limit, backward: false, ...more } }) as const;

test('the pages of all parents are one statement, and so are their counts', async () => {
  const list = itemsOfShelf(db);
  const connections = await Promise.all(parents.map((parent) => list.connection(parent, newest(5))));
  expect(shelves.sent()).toEqual(['itemsOfShelf.newest.first']);
  const counts = await Promise.all(connections.map(({ totalCount }) => totalCount()));
  expect(shelves.sent()).toEqual(['itemsOfShelf.count.']);
  for (const [index, parent] of parents.entries()) {
    const all = await whole(parent);
    const { nodes, pageInfo } = connections[index] ?? expect.fail('A parent has no connection.');
    expect(nodes.map(({ uuid }) => uuid)).toEqual(all.slice(0, 5));
    expect(nodes.every(({ shelfUuid, id }) => shelfUuid === parent && id.startsWith('product_'))).toBe(true);
    expect(pageInfo.hasNextPage).toBe(all.length > 5);
    expect(counts[index]).toBe(all.length);
  }
  expect(counts.filter((count) => count > 5).length).toBeGreaterThan(1);
  expect(counts.filter((count) => count === 0).length).toBeGreaterThan(1);
});

test('each parent is paged by itself, from either end', async () => {
  const [parent = ''] = parents;
  const all = await whole(parent);
  for (const backward of [false, true]) {
    const pages: string[][] = [];
    let cursor: string | null = null;
    do {
      const at: object = cursor === null ? {} : backward ? { before: cursor } : { after: cursor };
      const page = await itemsOfShelf(db).connection(parent, newest(4, { backward, ...at }));
      pages.push(page.nodes.map(({ uuid }) => uuid));
      const { hasNextPage, hasPreviousPage, startCursor, endCursor } = page.pageInfo;
      cursor = (backward ? hasPreviousPage : hasNextPage) ? (backward ? startCursor() : endCursor()) : null;
    } while (cursor !== null);
    expect((backward ? pages.reverse() : pages).flat()).toEqual(all);
  }
});

test('own parameters, filters and cursors go together', async () => {
  const [parent = ''] = parents;
  const least = 2 ** 51;
  const all = await whole(parent, `price >= ${least} and name = 'apple'`);
  const request = { ...newest(2), values: [least], filters: { name: 'apple' } };
  const list = itemsOfShelf(db);
  const first = await list.connection(parent, request);
  const after = first.pageInfo.endCursor() ?? '';
  const second = await list.connection(parent, { ...request, page: { ...request.page, after } });
  expect([...first.nodes, ...second.nodes].map(({ uuid }) => uuid)).toEqual(all.slice(0, 4));
  expect(await second.totalCount()).toBe(all.length);
  expect(all.length).toBeGreaterThan(3);
});

test('one statement for each set of arguments, and each parent gets its own', async () => {
  const [a = '', b = ''] = parents;
  const list = itemsOfShelf(db);
  const [of2, of3, alsoOf2] = await Promise.all([
    list.connection(a, newest(2)),
    list.connection(a, newest(3)),
    list.connection(b, newest(2)),
  ]);
  expect(shelves.sent()).toHaveLength(2);
  expect(of2.nodes.map(({ uuid }) => uuid)).toEqual((await whole(a)).slice(0, 2));
  expect(of3.nodes.map(({ uuid }) => uuid)).toEqual((await whole(a)).slice(0, 3));
  expect(alsoOf2.nodes.map(({ uuid }) => uuid)).toEqual((await whole(b)).slice(0, 2));
});

test('the same is asked once, until it is forgotten', async () => {
  const [a = ''] = parents;
  const list = itemsOfShelf(db);
  await Promise.all([list.connection(a, newest(2)), list.connection(a, newest(2))]);
  await list.connection(a, newest(2));
  expect(shelves.sent()).toHaveLength(1);
  list.clearAll();
  await list.connection(a, newest(2));
  expect(shelves.sent()).toHaveLength(1);
});

test('a failure is of those who asked for it alone', async () => {
  const [a = '', b = ''] = parents;
  const list = itemsOfShelf(db);
  const results = await Promise.allSettled([
    list.connection(a, newest(2, { after: 'no cursor' })),
    list.connection(b, newest(2, { after: 'no cursor' })),
    list.connection(a, { ...newest(2), filters: { notOf: 'no uuid' } }),
    list.connection(b, newest(2)),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
  expect(results.map((result) => result.status === 'rejected' && result.reason)).toEqual([
    expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
    expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } }),
    expect.objectContaining({ code: '22P02' }),
    false,
  ]);
});

test('PostgreSQL plans it once, by the index of parent and order', async () => {
  const crowdOfShelf = makeNestedList<Head, 'newest'>({
    name: 'crowdOfShelf',
    parent: 'c.shelf_id',
    ...heads,
  });
  // PostgreSQL plans the first five runs for the given values before it may use one generic plan.
  for (let time = 0; time < 8; time++) {
    const list = crowdOfShelf(db);
    const page = { limit: 5, backward: false };
    await Promise.all(parents.map((parent) => list.connection(parent, { order: 'newest', page })));
  }
  const { plan, generic } = await shelves.planOf('crowdOfShelf.newest.first');
  expect(generic).toBe(3);
  expect(plan).toMatch(/Index (Only )?Scan Backward using crowd_shelf_id_created_at_id_idx/);
  expect(plan).toMatch(/Index Cond: \(shelf_id = asked\.uuid\)/);
  expect(plan).not.toMatch(/Sort/);
});
