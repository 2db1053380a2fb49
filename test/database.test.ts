import { MikroORM } from '@mikro-orm/postgresql';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { migrations } from '../src/database/migrate.ts';
import { newUuid } from '../src/domain/ids.ts';
import { entities } from '../src/entities/index.ts';
import { catalogOf } from './catalog.ts';
import { migratedDatabase } from './empty-database.ts';
import { withClient } from './setup/postgres.ts';
import { createDatabase, type TestDatabase } from './setup/services.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe('init.sql', () => {
  test('gives the same catalog as the migrations', async () => {
    await using other = await migratedDatabase();
    const catalog = await catalogOf(database.url);
    for (const kind of [
      'relation',
      'column',
      'constraint',
      'index',
      'trigger',
      'function',
      'collation',
      'sequence',
      'privilege',
    ]) {
      expect(catalog.filter((line) => line.startsWith(`${kind} `))).not.toEqual([]);
    }
    expect(await catalogOf(other.url)).toEqual(catalog);
  });

  test('fills in the same rows as the migrations', async () => {
    await using other = await migratedDatabase();
    const made = await createDatabase();
    const rows = await rowsOf(made.url);
    expect(Object.keys(rows).sort()).toEqual(['live_position', 'migration', 'wallet']);
    expect(rows.migration).toEqual((await migrations()).map((name) => ({ name })));
    expect(await rowsOf(other.url)).toEqual(rows);
    await made.drop();
  });

  test('gives what the entities say', async () => {
    const made = await createDatabase();
    // Only SQL knows the search columns: MikroORM would read a property back after each write.
    await withClient(made.url, (client) =>
      client.query('alter table post drop column search; alter table product drop column search'),
    );
    const orm = await MikroORM.init({
      entities,
      clientUrl: made.url,
      schemaGenerator: { skipTables: ['migration'], ignoreTriggers: true, ignoreRoutines: true },
    });
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    await orm.close();
    await made.drop();
  });
});

test('a row gets its words, and an index its names, with any search_path', async () => {
  await withClient(database.url, async (client) => {
    const { rows } = await client.query<{ schema: string }>('select current_schema as schema');
    const schema = rows[0]?.schema ?? '';
    await client.query('set search_path to pg_catalog');
    await client.query(
      `with author as (
         insert into ${schema}.account (username, email, display_name) values ('pathless', 'pathless@example.com', 'Zoë') returning id
       ) insert into ${schema}.post (author_id, title, body) select id, 'Olé', 'WH-1000XM5' from author`,
    );
    await client.query(`reindex table ${schema}.account`);
    await client.query(`analyze ${schema}.account, ${schema}.post`);
    const { rows: found } = await client.query(
      `select title from ${schema}.post where search @@ ${schema}.search_query('ole xm5')`,
    );
    expect(found).toEqual([{ title: 'Olé' }]);
  });
});

/** The worst cases for 50,000 characters: many parts, many lexemes, long ones, and characters that expand. */
test.each([
  ['letters and digits in turn', `repeat('a1', 25000)`],
  ['words of one letter', `repeat('a ', 25000)`],
  ['Han', `(select string_agg(chr(19968 + n * 7919 % 20000), '') from generate_series(1, 50000) n)`],
  [
    'Han of four bytes',
    `(select string_agg(chr(131072 + n * 7919 % 40000), '') from generate_series(1, 50000) n)`,
  ],
  [
    'capitals, small letters and digits of four bytes',
    `(select string_agg(chr(66560 + n * 7919 % 40) || chr(66600 + n * 31 % 40) || n % 10, '') from generate_series(1, 16600) n)`,
  ],
  ['hashes', `(select string_agg(md5(n::text), '-') from generate_series(1, 1500) n)`],
  ['one long hash', `(select string_agg(md5(n::text), '') from generate_series(1, 1562) n)`],
  ['one character that becomes eighteen', `repeat(chr(64978), 50000)`],
  [
    'characters that become six',
    `(select string_agg(chr(13056 + (n::bigint * 7919 * n % 255)::int), '') from generate_series(1, 50000) n)`,
  ],
  ['dashes', `repeat('- ', 25000)`],
  ['emoji', `(select string_agg(chr(127744 + n % 700), '') from generate_series(1, 50000) n)`],
  ['letters of one word', `repeat('a', 50000)`],
  ['marks alone', `repeat(chr(769), 50000)`],
  ['quotes, colons and backslashes', `repeat(''':\\', 16500)`],
])('a post of 50,000 characters is stored: %s', async (_, body) => {
  await withClient(database.url, async (client) => {
    const { rows } = await client.query(
      `with given as (select ${body} as body)
       select char_length(body) > 40000 as long, setweight(search_vector(repeat('é1', 100)), 'A') || setweight(search_vector(body), 'B') is not null as stored
       from given`,
    );
    expect(rows).toEqual([{ long: true, stored: true }]);
  });
});

async function rowsOf(url: string): Promise<Record<string, unknown[]>> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const filled: Record<string, unknown[]> = {};
    for (const { name } of tables) {
      const { rows } = await client.query(
        `select ${name === 'migration' ? 'name' : '*'} from ${name} order by 1`,
      );
      if (rows.length > 0) filled[name] = rows;
    }
    return filled;
  });
}

describe.each([
  { table: 'ledger_entry', column: 'note', ownerGets: '42501' },
  { table: 'audit_event', column: 'detail', ownerGets: '23001' },
])('$table is append-only', ({ table, column, ownerGets }) => {
  test.each([
    `update ${table} set ${column} = null`,
    `update ${table} set id = id`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ])('%s', async (change) => {
    await withClient(database.url, async (owner) => {
      await owner.query('insert into audit_event (action) values ($1)', ['test']);
      await insertEntries(owner, await newWallet(owner), [
        ['buyer', 'GOLD', 5],
        ['sales', 'GOLD', -5],
      ]);
      const { rows } = await owner.query(`select * from ${table} order by id`);
      expect(rows).not.toEqual([]);
      await expect(owner.query(change)).rejects.toMatchObject({
        code: change.includes('id = id') ? '23001' : ownerGets,
      });
      await withClient(asAdmin(database.url), (admin) =>
        expect(admin.query(change)).rejects.toMatchObject({ code: '23001' }),
      );
      // An owner can grant itself again what was revoked.
      await owner.query(`begin; grant all on ${table} to current_user`);
      await expect(owner.query(change)).rejects.toMatchObject({ code: '23001' });
      await owner.query('rollback');
      expect((await owner.query(`select * from ${table} order by id`)).rows).toEqual(rows);
    });
  });
});

function asAdmin(url: string): string {
  const admin = new URL(inject('postgresAdminUrl'));
  admin.pathname = new URL(url).pathname;
  return admin.href;
}

const sales = '00000000-0000-7000-8000-000000000002';
type Side = readonly [
  wallet: 'buyer' | 'sales',
  currency: 'GOLD' | 'DIAMOND',
  amount: number,
  cause?: string,
];

async function newWallet(client: pg.Client): Promise<string> {
  const id = newUuid();
  await client.query(
    `insert into account (id, username, email, display_name) values ($1, $2, $2 || '@example.com', 'Buyer')`,
    [id, `u${id.slice(-12)}`],
  );
  await client.query('insert into wallet (id, account_id) values ($1, $1)', [id]);
  return id;
}

/** Inserts entries in one statement; returns their ids in order. */
async function insertEntries(
  client: pg.Client,
  buyer: string,
  sides: readonly Side[],
  reason: 'ADJUSTMENT' | 'REVERSAL' = 'ADJUSTMENT',
): Promise<string[]> {
  const cause = newUuid();
  const { rows } = await client.query<{ id: string }>(
    `insert into ledger_entry (wallet_id, currency, amount, reason, source_id)
     select wallet, currency, amount, $5, cause
     from unnest($1::uuid[], $2::text[], $3::bigint[], $4::uuid[]) side (wallet, currency, amount, cause)
     returning id`,
    [
      sides.map(([wallet]) => (wallet === 'buyer' ? buyer : sales)),
      sides.map(([, currency]) => currency),
      sides.map(([, , amount]) => amount),
      sides.map(([, , , own]) => own ?? cause),
      reason,
    ],
  );
  return rows.map(({ id }) => id);
}

describe('the ledger', () => {
  const entries = 'select count(*)::int as count from ledger_entry';

  test.each<{ name: string; sides: Side[]; code: string }>([
    { name: 'one side alone', sides: [['buyer', 'GOLD', 5]], code: '23514' },
    {
      name: 'sides that differ',
      sides: [
        ['buyer', 'GOLD', 5],
        ['sales', 'GOLD', -4],
      ],
      code: '23514',
    },
    {
      name: 'sides in two currencies',
      sides: [
        ['buyer', 'GOLD', 5],
        ['sales', 'DIAMOND', -5],
      ],
      code: '23514',
    },
    {
      name: 'sides of two causes',
      sides: [
        ['buyer', 'GOLD', 5],
        ['sales', 'GOLD', -5, newUuid()],
      ],
      code: '23514',
    },
    {
      name: 'one wallet on both sides',
      sides: [
        ['buyer', 'GOLD', 5],
        ['buyer', 'GOLD', -5],
      ],
      code: '23505',
    },
    {
      name: 'nothing',
      sides: [
        ['buyer', 'GOLD', 0],
        ['sales', 'GOLD', 0],
      ],
      code: '23514',
    },
  ])('refuses $name', async ({ sides, code }) => {
    await withClient(database.url, async (owner) => {
      const buyer = await newWallet(owner);
      const before = await owner.query(entries);
      await expect(insertEntries(owner, buyer, sides)).rejects.toMatchObject({ code });
      expect((await owner.query(entries)).rows).toEqual(before.rows);
    });
  });

  test('takes several causes in one statement, each of them balanced', async () => {
    await withClient(database.url, async (owner) => {
      const [a, b] = [newUuid(), newUuid()];
      const ids = await insertEntries(owner, await newWallet(owner), [
        ['buyer', 'GOLD', 5, a],
        ['buyer', 'DIAMOND', 1, b],
        ['sales', 'GOLD', -5, a],
        ['sales', 'DIAMOND', -1, b],
      ]);
      expect(ids).toHaveLength(4);
    });
  });

  test('takes one reversal of an entry, from a role that may not update', async () => {
    await withClient(database.url, async (owner) => {
      const buyer = await newWallet(owner);
      const [entry] = await insertEntries(owner, buyer, [
        ['buyer', 'GOLD', 5],
        ['sales', 'GOLD', -5],
      ]);
      const back: Side[] = [
        ['buyer', 'GOLD', -5, entry],
        ['sales', 'GOLD', 5, entry],
      ];
      const [reversal] = await insertEntries(owner, buyer, back, 'REVERSAL');
      const { rows } = await owner.query(
        'select reversed_entry_id as reversed from ledger_entry where id = $1',
        [reversal],
      );
      expect(rows).toEqual([{ reversed: entry }]);
      await expect(insertEntries(owner, buyer, back, 'REVERSAL')).rejects.toMatchObject({ code: '23505' });
    });
  });

  test('takes no reversal of an entry that is not there', async () => {
    await withClient(database.url, async (owner) => {
      const sides: Side[] = [
        ['buyer', 'GOLD', -5],
        ['sales', 'GOLD', 5],
      ];
      const reversal = insertEntries(owner, await newWallet(owner), sides, 'REVERSAL');
      await expect(reversal).rejects.toMatchObject({ code: '23503' });
    });
  });
});
