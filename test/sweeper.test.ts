import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../src/database/database.ts';
import { newUuid } from '../src/domain/ids.ts';
import { entities } from '../src/entities/index.ts';
import { Sweeper } from '../src/services/sweeper.ts';
import { startApp } from './kit/app.ts';
import { eventually } from './kit/eventually.ts';
import { createSite, type Site } from './kit/site.ts';
import { present, unique } from './kit/unique.ts';
import { whenDone } from './kit/when-done.ts';

const never = 1_000_000_000;
const log = pino({ level: 'silent' });

async function sweeperAt(site: Site): Promise<Sweeper> {
  const sweeper = new Sweeper({ database: await site.database(), log, every: never });
  whenDone(() => sweeper.close());
  return sweeper;
}

const site = await createSite();
let sweeper: Sweeper;
let accountId: string;
beforeAll(async () => {
  sweeper = await sweeperAt(site);
  accountId = await account(site);
});

async function account({ sql }: Site): Promise<string> {
  const id = newUuid();
  await sql(
    `insert into account (id, username, email, display_name) values ($1, $2, $2 || '@example.com', 'Somebody')`,
    id,
    unique('u'),
  );
  return id;
}

async function session({ sql }: Site, owner: string, expiry: string): Promise<string> {
  const [row] = await sql<{ id: string }>(
    'insert into session (account_id, expires_at) values ($1, now() + $2::interval) returning id',
    owner,
    expiry,
  );
  return present(row).id;
}

const week = { session: '' };
beforeAll(async () => {
  week.session = await session(site, accountId, '7 days');
});

/** By table: how long ago the end must be after which a row is removed, and how to insert a row that ended then. */
const expiring: Readonly<Record<string, { end: string; insert: string; values: () => unknown[] }>> = {
  session: {
    end: '1 day',
    insert: 'session (expires_at, account_id) values (now() - $1::interval, $2)',
    values: () => [accountId],
  },
  refresh_token: {
    end: '1 day',
    insert: 'refresh_token (expires_at, session_id) values (now() - $1::interval, $2)',
    values: () => [week.session],
  },
  idempotency_key: {
    end: '48 hours',
    insert: `idempotency_key (created_at, account_id, key, operation, input_hash, result)
      values (now() - $1::interval, $2, $3, 'x', 'x', '{}')`,
    values: () => [accountId, unique('key')],
  },
  known_address: {
    end: '30 days',
    insert: 'known_address (signed_in_at, account_id, ip_address) values (now() - $1::interval, $2, $3)',
    values: () => [accountId, unique('')],
  },
  retired_username: {
    end: '0 hours',
    insert: 'retired_username (free_at, username) values (now() - $1::interval, $2)',
    values: () => [unique('u')],
  },
  sign_in_flow: {
    end: '1 hour',
    insert: `sign_in_flow (expires_at, state_hash, provider, browser_hash, code_verifier, nonce, return_to)
      values (now() - $1::interval, $2, 'x', 'x', 'x', 'x', 'x')`,
    values: () => [unique('')],
  },
  one_time_code: {
    end: '1 hour',
    insert: `one_time_code (expires_at, code_hash, purpose, account_id, provider)
      values (now() - $1::interval, $2, 'SIGN_IN', $3, 'x')`,
    values: () => [unique(''), accountId],
  },
};

describe.each(Object.keys(expiring))('%s', (table) => {
  const { end, insert, values } = present(expiring[table]);

  test(`goes ${end} after its end, and no earlier`, async () => {
    const made = async (ago: string) => {
      const [row] = await site.sql<{ row: string }>(
        `insert into ${insert} returning ${table}::text as row`,
        ago,
        ...values(),
      );
      return present(row).row;
    };
    const gone = [await made(`${end} 5 seconds`), await made('10 years')];
    const kept = [await made(`${end} -1 minute`), await made('-10 years')];
    await sweeper.sweep();
    const rows = (await site.sql<{ row: string }>(`select t::text as row from ${table} t`)).map(
      ({ row }) => row,
    );
    expect(rows).toEqual(expect.arrayContaining(kept));
    expect(rows.filter((row) => gone.includes(row))).toEqual([]);
  });

  test('has an index to be walked by', async () => {
    const column = /\((\w+)/.exec(insert)?.[1];
    const indexes = await site.sql<{ definition: string }>(
      'select indexdef as definition from pg_indexes where tablename = $1',
      table,
    );
    expect(indexes.map(({ definition }) => definition)).toContainEqual(
      expect.stringMatching(new RegExp(`\\(${column}\\)$`)),
    );
  });
});

test('nothing else goes', async () => {
  const app = await startApp({ SEED_DEMO: 'true' });
  const person = await app.seed.user().active();
  await app.site.settled();
  const [{ tables } = { tables: '' }] = await app.site.sql<{ tables: string }>(
    `select string_agg(relname, ',') as tables from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  const before = await app.site.contents(...tables.split(','));
  await (await sweeperAt(app.site)).sweep();
  expect(await app.site.contents(...tables.split(','))).toBe(before);
  expect(before).toContain(person.username);
});

test('a session that goes had lost its tokens before; those of a living one stay', async () => {
  const [dead, alive] = [await session(site, accountId, '-2 days'), await session(site, accountId, '2 days')];
  await site.sql(
    `insert into refresh_token (session_id, expires_at) select id, now() + expiry
    from (values ($1::uuid, interval '-2 days'), ($2::uuid, interval '-23 hours'), ($2, interval '1 day')) t (id, expiry)`,
    dead,
    alive,
  );
  await sweeper.sweep();
  const left = await site.sql('select session_id as id from refresh_token where session_id = any($1)', [
    dead,
    alive,
  ]);
  expect(left).toEqual([{ id: alive }, { id: alive }]);
});

test('2,500 rows go in one sweep, in batches, with two sweepers at it', async () => {
  const crowded = await createSite();
  const owner = await account(crowded);
  await crowded.sql(
    `insert into known_address (account_id, ip_address, signed_in_at)
    select $1, n::text, now() - case when n % 2 = 0 then interval '40 days' else interval '20 days' end
    from generate_series(1, 5000) n`,
    owner,
  );
  const sent: string[] = [];
  const database = await openDatabase({
    url: crowded.variables.DATABASE_URL ?? '',
    entities,
    log,
    poolSize: 2,
    onStatement: (name) => void sent.push(name),
  });
  whenDone(() => database.close());
  const first = new Sweeper({ database, log, every: never });
  whenDone(() => first.close());
  const second = await sweeperAt(crowded);
  await Promise.all([first.sweep(), second.sweep()]);
  await first.sweep();
  const [left] = await crowded.sql(
    `select count(*)::int as count, count(*) filter (where signed_in_at < now() - interval '30 days')::int as old
    from known_address`,
  );
  expect(left).toEqual({ count: 2_500, old: 0 });
});

test('leaves it to a process that is at it', async () => {
  const held = await createSite();
  const owner = await account(held);
  await session(held, owner, '-2 days');
  const one = await sweeperAt(held);
  const lock = `hashtextextended('questline_sweeper', 0)`;
  // One connection, whose session keeps the lock.
  const other = await openDatabase({ url: held.variables.DATABASE_URL ?? '', entities, log, poolSize: 2 });
  const connection = await other.connect();
  await connection.query(`select pg_advisory_lock(${lock})`);
  await one.sweep();
  expect(await held.sql('select from session')).toHaveLength(1);
  await connection.end();
  await other.close();
  await eventually(async () => {
    await one.sweep();
    return (await held.sql('select from session')).length === 0;
  });
});

test('sweeps by itself, again after a failure, and no more once it is closed', async () => {
  const busy = await createSite();
  const owner = await account(busy);
  const lines: string[] = [];
  const noisy = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  await busy.sql('alter table session rename to session_away');
  const own = new Sweeper({ database: await busy.database(), log: noisy, every: 10 });
  await eventually(() => lines.length > 1);
  await busy.sql('alter table session_away rename to session');
  await session(busy, owner, '-2 days');
  await eventually(async () => (await busy.sql('select from session')).length === 0);
  await own.close();
  await session(busy, owner, '-2 days');
  await own.sweep();
  expect(await busy.sql('select from session')).toHaveLength(1);
});
