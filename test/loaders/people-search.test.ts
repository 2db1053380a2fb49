import type pg from 'pg';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Db, openDatabase } from '../../src/database/database.ts';
import { type Statement, statement } from '../../src/database/statement.ts';
import { entities } from '../../src/entities/index.ts';
import { accountSearch, userList, userSearch } from '../../src/loaders/account.loader.ts';
import { withClient } from '../setup/postgres.ts';
import { createDatabase } from '../setup/services.ts';

const page = { limit: 20, backward: false };

test('a search among 50,000 people reads the indexes, the best for what is searched', async () => {
  const { url, drop } = await createDatabase();
  await withClient(url, async (client) => {
    await client.query(
      `insert into account (username, email, display_name, created_at)
       select 'user' || n, 'user' || n || '@example.com', (array['Ada', 'Bob', 'Eve'])[n % 3 + 1] || ' ' || n,
         now() - n * interval '1 minute'
       from generate_series(1, 50000) n`,
    );
    await client.query('vacuum analyze account');
    const users = (search: string) =>
      indexesOf(client, (db) => userSearch.rows(db, { page, order: 'newest', values: [search] }));
    const accounts = (search: string) =>
      indexesOf(client, (db) => accountSearch.rows(db, { page, order: 'newest', values: [search] }));
    const names = ['account_display_name_prefix_idx', 'account_username_prefix_idx'];
    for (const rare of ['nobody', 'user4711', 'Ada 4711', 'x%'])
      expect([rare, await users(rare)]).toEqual([rare, names]);
    expect(await accounts('user4711@example.com')).toEqual([...names, 'account_email_prefix_idx'].sort());
    for (const common of ['u', 'user', 'ada']) {
      expect([common, await users(common)]).toEqual([common, ['account_created_at_idx']]);
      expect([common, await accounts(common)]).toEqual([common, ['account_created_at_idx']]);
    }
  });
  await drop();
}, 60_000);

test('a search is no prepared statement, the list without one is', async () => {
  const { url, drop } = await createDatabase();
  const database = await openDatabase({ url, entities, log: pino({ level: 'silent' }), poolSize: 1 });
  await userSearch.rows(database, { page, order: 'newest', values: ['ada'] });
  await userSearch.count(database, { page, order: 'newest', values: ['ada'] });
  await userList.rows(database, { page, order: 'newest' });
  const names = (await database.query(prepared))
    .map(({ name }) => name)
    .filter((name) => name !== prepared.name);
  expect(names).toEqual(['users.newest.first']);
  await database.close();
  await drop();
});

const prepared = statement<{ name: string }>('test.prepared', 'select name from pg_prepared_statements');

/** The indexes in the plan of the only statement that a loader sends. */
async function indexesOf(client: pg.Client, load: (db: Db) => Promise<unknown>): Promise<string[]> {
  const plans: string[] = [];
  await load({
    async query<Row>({ text, plannedAnew }: Statement<Row>, values: readonly unknown[] = []) {
      // A named statement might keep the plan made for the first search.
      expect(plannedAnew).toBe(true);
      const { rows } = await client.query(`explain ${text}`, [...values]);
      plans.push(...rows.map((row) => row['QUERY PLAN']));
      return [];
    },
  });
  const plan = plans.join('\n');
  expect(plan).not.toMatch(/Seq Scan/);
  return [...plan.matchAll(/account_\w+_idx/g)].map(([name]) => name).sort();
}
