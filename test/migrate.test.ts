import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { migrate, migrations } from '../src/database/migrate.ts';
import { emptyDatabase, migratedDatabase, open, silent } from './empty-database.ts';
import { withClient } from './setup/postgres.ts';
import { createDatabase } from './setup/services.ts';

const key = `hashtextextended('questline.migrate', 0)`;
const waiting = `select count(*)::int as count from pg_locks where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())`;

test('an empty database gets them all, in their order', async () => {
  await using empty = await emptyDatabase();
  await using database = await open(empty.url);
  expect(await migrate(database, silent)).toEqual(await migrations());
  expect(await migrate(database, silent)).toEqual([]);
});

test('each is written together with its row', async () => {
  await using made = await migratedDatabase();
  const { rows } = await withClient(made.url, (client) =>
    client.query(
      `select relname from pg_class, migration where relname = 'account' and pg_class.xmin = migration.xmin`,
    ),
  );
  expect(rows).toEqual([{ relname: 'account' }]);
});

test('a database that init.sql made has them all already', async () => {
  const made = await createDatabase();
  await using database = await open(made.url);
  expect(await migrate(database, silent)).toEqual([]);
  await database.close();
  await made.drop();
});

test('nothing to do costs one statement and no connection', async () => {
  await using made = await migratedDatabase();
  const statements: string[] = [];
  await using database = await open(made.url, (name) => statements.push(name));
  const connected = { ...database, connect: () => Promise.reject(new Error('a connection was made')) };
  expect(await migrate(connected, silent)).toEqual([]);
  expect(statements).toEqual(['migrate.applied']);
});

test('a database of a later release is left as it is', async () => {
  await using made = await migratedDatabase();
  await withClient(made.url, (client) => client.query(`insert into migration (name) values ('9999-later')`));
  await using database = await open(made.url);
  expect(await migrate(database, silent)).toEqual([]);
});

test('what an older release wrote is found by the words of the present one', async () => {
  await using empty = await emptyDatabase();
  const old = (await migrations()).filter((name) => name < '0005');
  await withClient(empty.url, async (client) => {
    for (const name of old) {
      await client.query(await readFile(new URL(`../migrations/${name}.sql`, import.meta.url), 'utf8'));
      await client.query('insert into migration (name) values ($1)', [name]);
    }
    await client.query(`
      with author as (insert into account (username, email, display_name) values ('Ada', 'ada@example.com', 'Zoë') returning id)
      insert into post (author_id, title, body) select id, 'Äpfel', '«Bonjour» WH-1000XM5' from author`);
    await client.query(`
      insert into product (sku, name, price_currency, price_amount) values ('ABC-123', 'Olé', 'GOLD', 1)`);
  });
  await using database = await open(empty.url);
  expect(await migrate(database, silent)).toEqual((await migrations()).filter((name) => name >= '0005'));
  await withClient(empty.url, async (client) => {
    const { rows } = await client.query(`
      select (select count(*)::int from post where search @@ search_query('apfel bonjour xm5')) as posts,
        (select count(*)::int from product where search @@ search_query('ole 123')) as products,
        (select count(*)::int from account where search_name(display_name) = 'zoe') as people`);
    expect(rows).toEqual([{ posts: 1, products: 1, people: 1 }]);
  });
});

test('two at once do the work once', async () => {
  await using empty = await emptyDatabase();
  await using first = await open(empty.url);
  await using second = await open(empty.url);
  const both = await withClient(empty.url, async (holder) => {
    await holder.query(`select pg_advisory_lock(${key})`);
    const runs = [migrate(first, silent), migrate(second, silent)];
    await expect
      .poll(async () => (await holder.query(waiting)).rows, { timeout: 10_000 })
      .toEqual([{ count: 2 }]);
    await holder.query(`select pg_advisory_unlock(${key})`);
    return Promise.all(runs);
  });
  expect(both.toSorted((a, b) => a.length - b.length)).toEqual([[], await migrations()]);
});

test('the waiting for another has an end', async () => {
  await using empty = await emptyDatabase();
  await using database = await open(empty.url);
  await withClient(empty.url, async (holder) => {
    await holder.query(`select pg_advisory_lock(${key})`);
    await expect(migrate(database, silent, 50)).rejects.toThrow(
      'Another process is migrating, and for too long.',
    );
  });
  expect(await migrate(database, silent)).toEqual(await migrations());
});

test('one that fails writes nothing, is named, and lets the next try', async () => {
  await using empty = await emptyDatabase();
  await using database = await open(empty.url);
  await withClient(empty.url, async (client) => {
    await client.query('create table wallet (id int)');
    await expect(migrate(database, silent)).rejects.toMatchObject({
      message: 'The migration 0001-initial failed.',
      cause: { code: '42P07' },
    });
    const { rows } = await client.query(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace`,
    );
    expect(rows).toEqual([{ name: 'wallet' }]);
    await client.query('drop table wallet');
  });
  expect(await migrate(database, silent)).toEqual(await migrations());
});
