import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { silent } from '../empty-database.ts';
import { type Commit, overtaking } from '../kit/overtaking.ts';
import { withClient } from '../setup/postgres.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import {
  complete,
  completions,
  type Instance,
  idsOf,
  newIds,
  openInstance,
  take,
  until,
} from './live-setup.ts';

const insert = `insert into live_event (topic, audience, payload)
  select 'quest_completed', $1, jsonb_build_object('completionId', id) from unnest($2::text[]) as id`;
const readSeqs = statement<{ seq: number | null }>(
  'test.order.seqs',
  'select seq from live_event order by seq',
);
const readCommits = statement('test.order.commits', 'select from live_commit');

let home: TestDatabase;
let live: Instance;
let opened: AsyncDisposableStack;
let audience: string;

beforeEach(async () => {
  audience = randomUUID();
  opened = new AsyncDisposableStack();
  home = await createDatabase();
  opened.defer(() => home.drop());
  live = opened.use(await openInstance(home.url));
});
afterEach(() => opened.disposeAsync());

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: home.url });
  await client.connect();
  opened.defer(() => client.end());
  return client;
}

/**
 * Holds the relay, so that everything committed meanwhile forms one batch, or batches that follow each other at once.
 */
async function whileNothingIsRelayed<T>(work: () => Promise<T>): Promise<T> {
  return withClient(home.url, async (client) => {
    await client.query(`select pg_advisory_lock(hashtextextended('questline_live', 0))`);
    return work();
  });
}

/** Writes events in a transaction. @returns a function that sends its COMMIT and waits for the answer */
type Write = (ids: readonly string[]) => Promise<() => Promise<unknown>>;

async function begun(ids: readonly string[], ...before: readonly string[]): Promise<() => Promise<unknown>> {
  const client = await connect();
  for (const text of ['begin', ...before]) await client.query(text);
  await client.query(insert, [audience, ids]);
  return () => client.query('commit');
}

const ways: Readonly<Record<string, Write>> = {
  'by one statement': (ids) => begun(ids),
  'by a statement for each event': async ([first = '', ...others]) => {
    const client = await connect();
    await client.query('begin');
    await client.query(insert, [audience, [first]]);
    for (const id of others) await client.query(insert, [audience, [id]]);
    return () => client.query('commit');
  },
  'after a savepoint': (ids) => begun(ids, 'savepoint inner_one'),
  'in a savepoint that is released': async (ids) => {
    const client = await connect();
    await client.query('begin; savepoint inner_one');
    await client.query(insert, [audience, ids]);
    await client.query('release inner_one');
    return () => client.query('commit');
  },
  'beside some that are rolled back': async (ids) => {
    const client = await connect();
    await client.query('begin; savepoint inner_one');
    await client.query(insert, [audience, newIds(2)]);
    await client.query('rollback to savepoint inner_one');
    await client.query(insert, [audience, ids]);
    return () => client.query('commit');
  },
  'with one snapshot for all': (ids) => begun(ids, 'set transaction isolation level repeatable read'),
  'one after the other': (ids) => begun(ids, 'set transaction isolation level serializable'),
  'with a number drawn long before': (ids) => begun(ids, 'select pg_current_xact_id()'),
  'with no search path at the end': async (ids) => {
    const client = await connect();
    await client.query('begin');
    await client.query(insert, [audience, ids]);
    await client.query(`set local search_path = ''`);
    return () => client.query('commit');
  },
  'by the outbox': async (ids) => {
    const written = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    const whole = transaction(live.database, async (tx) => {
      for (const completionId of ids)
        live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId });
      // This step runs after the outbox's step, which was added first.
      tx.atCommit(() => {
        written.resolve();
        return release.promise;
      });
    });
    await written.promise;
    return () => {
      release.resolve();
      return whole;
    };
  },
};

describe('transactions that overlap come in the order of their commits, written', () => {
  test.each(Object.entries(ways))('%s', async (_, write) => {
    const stream = await completions(live, audience);
    const parts = Array.from({ length: 5 }, () => newIds(3));
    const order = [3, 1, 4, 0, 2];
    await whileNothingIsRelayed(async () => {
      const commits = [];
      for (const ids of parts) commits.push(await write(ids));
      for (const index of order) await commits[index]?.();
    });
    expect(idsOf(await take(stream, 15))).toEqual(order.flatMap((index) => parts[index] ?? []));
    await expectNoGap(15);
  });
});

/** Checks that the numbers of the stream have no gaps and that nothing is left to number. */
async function expectNoGap(count: number): Promise<void> {
  const { database } = live;
  await until(async () => (await database.query(readCommits)).length === 0);
  const seqs = (await database.query(readSeqs)).map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: count }, (_, index) => index + 1));
}

test('a backlog of several batches comes in the order of the commits, whatever the size of each', async () => {
  const stream = await completions(live, audience, 0, 10_000);
  const sizes = [1, 999, 1, 1_000, 1, 1_001, 2, 400];
  const parts = sizes.map(newIds);
  await whileNothingIsRelayed(async () => {
    const commits = [];
    for (const ids of parts) commits.push(await begun(ids));
    for (const commit of commits.toReversed()) await commit();
    // One row per commit, however many events it has.
    expect(await live.database.query(readCommits)).toHaveLength(sizes.length);
  });
  expect(idsOf(await take(stream, 3_405))).toEqual(parts.toReversed().flat());
  await expectNoGap(3_405);
});

test('of 20 that write at once, through two processes that relay, none is overtaken', async () => {
  opened.use(await openInstance(home.url));
  const stream = await completions(live, audience, 0, 10_000);
  const clients = await Promise.all(Array.from({ length: 20 }, connect));
  const commits = new Map<string, Commit>();
  const write = async (client: pg.Client) => {
    const [id = ''] = newIds(1);
    await client.query('begin');
    await client.query(insert, [audience, [id]]);
    await pause(Math.random() * 20);
    const sentAt = performance.now();
    await client.query('commit');
    commits.set(id, { sentAt, acknowledgedAt: performance.now() });
  };
  await Promise.all(
    clients.map(async (client) => {
      for (let turn = 0; turn < 100; turn++) await write(client);
    }),
  );
  const came = idsOf(await take(stream, 2_000));
  expect(new Set(came)).toEqual(new Set(commits.keys()));
  expect(overtaking(came.flatMap((id) => commits.get(id) ?? []))).toEqual([]);
  await expectNoGap(2_000);
}, 60_000);

test.each(['after', 'before'])(
  'a transaction whose constraints are checked early loses nothing of what it writes %s that',
  async (place) => {
    const stream = await completions(live, audience);
    const ids = newIds(3);
    const client = await connect();
    await client.query('begin');
    await client.query(insert, [audience, ids.slice(0, 1)]);
    if (place === 'after') await client.query('set constraints all immediate');
    await client.query(insert, [audience, ids.slice(1)]);
    if (place === 'before') await client.query('set constraints all immediate');
    await client.query('commit');
    expect(idsOf(await take(stream, 3))).toEqual(ids);
    await expectNoGap(3);
  },
);

test('a check that is rolled back to a savepoint takes no event with it', async () => {
  const stream = await completions(live, audience);
  const ids = newIds(2);
  const client = await connect();
  await client.query('begin');
  await client.query(insert, [audience, ids]);
  await client.query('savepoint checked; set constraints all immediate; rollback to savepoint checked');
  await client.query('commit');
  expect(idsOf(await take(stream, 2))).toEqual(ids);
  await expectNoGap(2);
});

test('what is taken out of the stream by hand comes once more, each with a number of its own', async () => {
  const stream = await completions(live, audience);
  await whileNothingIsRelayed(async () => {
    const [one, other] = [await connect(), await connect()];
    // One transaction's rows are written before and after the other's.
    for (const client of [one, other]) await client.query('begin');
    for (const client of [one, other, one]) await client.query(insert, [audience, newIds(1)]);
    for (const client of [one, other]) await client.query('commit');
  });
  expect(await take(stream, 3)).toHaveLength(3);
  const hand = await connect();
  await hand.query('begin');
  for (const { id } of (await hand.query<{ id: string }>('select id from live_event order by id')).rows)
    await hand.query('update live_event set seq = null where id = $1', [id]);
  await hand.query('commit');
  await complete(live, audience, ...newIds(1));
  const again = await take(stream, 4);
  expect(again.map(({ seq }) => seq)).toEqual([4, 5, 6, 7]);
});

test('commits whose events another release has numbered hold nobody up, and are forgotten', async () => {
  const stream = await completions(live, audience);
  await withClient(home.url, (client) =>
    client.query(`insert into live_commit (xid) select '3' from generate_series(1, 150000)`),
  );
  const ids = newIds(2);
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 2))).toEqual(ids);
  await until(async () => (await live.database.query(readCommits)).length === 0);
});

test('what waits while the database is brought up to date comes first, in its order', async () => {
  const ids = newIds(5);
  await live.pubsub.close();
  await withClient(home.url, async (client) => {
    await client.query(asBefore);
    await client.query(insert, [audience, ids.slice(0, 3)]);
  });
  expect(await migrate(live.database, silent)).toEqual(['0008-live-order']);
  await complete(live, audience, ...ids.slice(3));
  const other = opened.use(await openInstance(home.url));
  expect(idsOf(await take(await completions(other, audience, 0), 5))).toEqual(ids);
});

/** Undoes the migration. */
const asBefore = `
  drop trigger live_event_commit on live_event;
  drop function add_live_commit;
  drop table live_commit;
  drop index live_event_unsent_idx;
  alter table live_event drop column xid;
  create index live_event_unsent_idx on live_event (id) where seq is null;
  delete from migration where name = '0008-live-order'`;
