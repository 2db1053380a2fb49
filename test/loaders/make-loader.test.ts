import { beforeAll, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { newUuid, parseId } from '../../src/domain/ids.ts';
import { makeByIdLoader, makeGroupLoader, makeLoader } from '../../src/loaders/make-loader.ts';
import { type Item, openShelves } from './shelves.ts';

const shelves = openShelves();
const { db } = shelves;

const select =
  'select id as "uuid", shelf_id as "shelfUuid", name, price, weight, created_at as "createdAt" from item';

const itemById = makeByIdLoader<Item>({
  prefix: 'product',
  statement: statement<Item>('test.itemById', `${select} where id = any($1::uuid[])`),
});
const cheapItemById = makeByIdLoader<Item>({
  prefix: 'product',
  statement: statement<Item>('test.cheapItemById', `${select} where id = any($1::uuid[]) and price <= $2`),
});
const firstItemOfName = makeLoader<Item>({
  prefix: 'product',
  statement: statement<Item>(
    'test.firstItemOfName',
    `select distinct on (name) * from (${select}) i where name = any($1::text[]) order by name, uuid`,
  ),
  keyOf: ({ name }) => name,
});
const itemsOfShelf = makeGroupLoader<Item>({
  statement: statement<Item>(
    'test.itemsOfShelf',
    `${select} where shelf_id = any($1::uuid[]) order by created_at, id`,
  ),
  keyOf: ({ shelfUuid }) => shelfUuid,
});

let uuids: string[] = [];

beforeAll(async () => {
  const rows = await shelves.query<{ id: string }>('select id from item order by id');
  uuids = rows.map(({ id }) => id);
});
beforeEach(() => void shelves.sent());

test('rows come in the order of their keys, null for none, by one statement', async () => {
  const loader = itemById(db);
  const asked = [uuids[5] ?? '', newUuid(), uuids[1] ?? '', uuids[5] ?? '', uuids[200] ?? ''];
  const rows = await loader.loadMany(asked);
  expect(rows).toEqual(asked.map((uuid, at) => (at === 1 ? null : expect.objectContaining({ uuid }))));
  expect(rows[0]).toBe(rows[3]);
  const [row] = rows;
  expect(row instanceof Error || row == null ? null : parseId(row.id)).toEqual({
    prefix: 'product',
    uuid: asked[0],
  });
  expect(shelves.sent()).toEqual(['test.itemById']);
});

test('1,000 keys go in one statement, more in several', async () => {
  const loader = itemById(db);
  const asked = [...uuids, ...Array.from({ length: 1_000 }, newUuid)];
  const rows = await loader.loadMany(asked);
  expect(rows.filter((row) => row !== null)).toHaveLength(uuids.length);
  expect(shelves.sent()).toHaveLength(2);
});

test('a loader may be made for a viewer', async () => {
  const all = await cheapItemById(db, 0).loadMany(uuids);
  const [cheap] = await shelves.query<{ count: number }>('select count(*) from item where price <= 0');
  expect(all.filter((row) => row !== null)).toHaveLength(cheap?.count ?? -1);
});

test('rows can be found by another key', async () => {
  const [apple, none, quoted] = await firstItemOfName(db).loadMany(['apple', 'pear', "it's"]);
  expect([apple, none, quoted]).toEqual([
    expect.objectContaining({ name: 'apple' }),
    null,
    expect.objectContaining({ name: "it's" }),
  ]);
});

test('groups keep the order of the statement, and are empty where there is none', async () => {
  const [{ shelfUuid } = { shelfUuid: '' }] = await shelves.query<Item>(`${select} limit 1`);
  const [none, group] = await itemsOfShelf(db).loadMany([newUuid(), shelfUuid]);
  expect(none).toEqual([]);
  const reference = await shelves.query<Item>(`${select} where shelf_id = $1 order by created_at, id`, [
    shelfUuid,
  ]);
  expect(group).toEqual(reference);
  expect(reference.length).toBeGreaterThan(1);
  expect(shelves.sent()).toEqual(['test.itemsOfShelf']);
});

test('a failure reaches everyone who asked', async () => {
  const loader = itemById(db);
  const results = await Promise.allSettled([loader.load('no uuid'), loader.load(uuids[0] ?? '')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
