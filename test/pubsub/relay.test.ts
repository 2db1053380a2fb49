import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { takeRelayLock } from '../../src/pubsub/relay-lock.ts';
import { withClient } from '../setup/postgres.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import {
  committedIds,
  complete,
  completions,
  type Instance,
  type InstanceOptions,
  idsOf,
  newIds,
  openInstance,
  take,
  until,
} from './live-setup.ts';

const hour = 3_600_000;

const readEvents = statement<{ seq: number | null; topic: string }>(
  'test.relay.events',
  'select seq, topic from live_event order by seq',
);
const readPositions = statement<{ topic: string; seq: number }>(
  'test.relay.positions',
  'select topic, seq from live_position',
);
const insertByHand = statement(
  'test.relay.insert',
  `insert into live_event (topic, audience, payload)
   select 'quest_completed', $1, jsonb_build_object('completionId', id) from unnest($2::text[]) as id`,
);

let home: TestDatabase;
let opened: AsyncDisposableStack;
let audience: string;

async function open(options?: InstanceOptions): Promise<Instance> {
  return opened.use(await openInstance(home.url, options));
}

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
});
afterEach(() => opened.disposeAsync());

test('whoever resumes at the cursor of an event receives all that committed later, though it began earlier', async () => {
  const live = await open();
  const [early = '', late = ''] = newIds(2);
  const stream = await completions(live, audience);
  const written = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const slow = transaction(live.database, async (tx) => {
    live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId: early });
    tx.beforeCommit(() => {
      written.resolve();
      return release.promise;
    });
  });
  await written.promise;
  await complete(live, audience, late);
  const [first] = await take(stream, 1);
  expect(first?.payload.completionId).toBe(late);

  const resumed = await completions(live, audience, first?.seq);
  release.resolve();
  await slow;
  expect(idsOf(await take(resumed, 1))).toEqual([early]);
  expect(idsOf(await take(stream, 1))).toEqual([early]);
});

test('numbers have no gap and no double, whoever relays, and the positions stand at the last of each', async () => {
  const instances = [await open(), await open(), await open()] as const;
  await Promise.all(
    Array.from({ length: 90 }, (_, index) => {
      const live = instances[index % 3] ?? instances[0];
      return transaction(live.database, async (tx) => {
        live.pubsub.outbox.publish(tx, 'wallet_changed', audience, { entryId: randomUUID() });
        live.pubsub.outbox.publish(tx, 'quest_completed', audience, { completionId: randomUUID() });
      });
    }),
  );
  const { database, pubsub } = instances[0];
  await until(async () => (await pubsub.lag()).rows === 0);
  const events = await database.query(readEvents);
  expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 180 }, (_, index) => index + 1));
  const last = (topic: string) => events.findLast((event) => event.topic === topic)?.seq;
  const positions = new Map((await database.query(readPositions)).map(({ topic, seq }) => [topic, seq]));
  expect(Object.fromEntries(positions)).toEqual({
    '*': 180,
    wallet_changed: last('wallet_changed'),
    quest_completed: last('quest_completed'),
  });
});

test('a backlog of several batches is sent without a pause', async () => {
  const live = await open({ pollMs: hour });
  const stream = await completions(live, audience, 0, 10_000);
  const ids = newIds(2_500);
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 2_500))).toEqual(ids);
});

test('an event whose process said nothing is found by the slow poll', async () => {
  const live = await open({ pollMs: 100 });
  const stream = await completions(live, audience);
  // The relay's first run is not the one under test.
  await until(() => live.statements.includes('relay.send'));
  const ids = newIds(3);
  await live.database.query(insertByHand, [audience, ids]);
  expect(idsOf(await take(stream, 3))).toEqual(ids);
});

test('a NOTIFY wakes the relay of another process', async () => {
  const writer = await open({ pollMs: hour });
  await writer.pubsub.close();
  const relaying = await open({ pollMs: hour });
  const stream = await completions(relaying, audience);
  // Once the relay has run for it, the LISTEN has been answered.
  await until(() => relaying.statements.includes('relay.send'));
  const ids = newIds(1);
  await complete(writer, audience, ...ids);
  expect(idsOf(await take(stream, 1))).toEqual(ids);
});

test('a LISTEN connection that is cut is made again, and what was missed meanwhile is sent at once', async () => {
  const live = await open({ pollMs: hour });
  const stream = await completions(live, audience);
  await until(() => live.statements.includes('relay.send'));
  const ids = newIds(2);
  await live.database.query(insertByHand, [audience, ids]);
  await withClient(home.url, (client) =>
    until(async () => {
      const { rowCount } = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and query = 'listen "questline_live"'`,
      );
      // The connection may not have sent its LISTEN yet.
      return rowCount === 1;
    }),
  );
  expect(idsOf(await take(stream, 2))).toEqual(ids);
  expect(live.lines.filter(({ msg }) => msg.startsWith('no PostgreSQL notifications'))).toHaveLength(1);
  expect(live.lines.filter(({ msg }) => msg.endsWith('received again'))).toHaveLength(1);
});

test('a process that is killed in the middle of a batch takes nothing with it', async () => {
  const live = await open();
  const stream = await completions(live, audience);
  const [before = '', after = ''] = newIds(2);
  await complete(live, audience, before);
  await take(stream, 1);

  const victim = await holdLock();
  await victim.query('update live_position set seq = seq + 100');
  await complete(live, audience, after);
  const started = performance.now();
  victim.connection.stream.destroy();
  const [record] = await take(stream, 1);
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(record).toMatchObject({ seq: 2, payload: { completionId: after } });
});

test('a process that freezes with the lock in its hands loses it', async () => {
  const live = await open();
  const stream = await completions(live, audience);
  const frozen = transaction(live.database, async (tx) => {
    await until(() => takeRelayLock(tx));
    const ids = newIds(1);
    await complete(live, audience, ...ids);
    expect(idsOf(await take(stream, 1))).toEqual(ids);
  });
  await expect(frozen).rejects.toThrow();
  expect(await committedIds(live.database, audience)).toHaveLength(1);
});

test('the relay closes after its running batch, and another goes on', async () => {
  const first = await open();
  const second = await open();
  const stream = await completions(second, audience);
  const ids = newIds(400);
  const writing = Promise.all(ids.map((id) => complete(first, audience, id)));
  await first.pubsub.close();
  await writing;
  const records = await take(stream, 400);
  expect(idsOf(records)).toEqual(await committedIds(second.database, audience));
  expect(idsOf(records).toSorted()).toEqual(ids.toSorted());
});

test('the lag is that of the oldest event that was not sent', async () => {
  const live = await open({ pollMs: hour });
  expect(await live.pubsub.lag()).toEqual({ rows: 0, oldestMs: 0 });
  const holder = await holdLock();
  await complete(live, audience, ...newIds(3));
  await until(async () => (await live.pubsub.lag()).oldestMs >= 50);
  expect((await live.pubsub.lag()).rows).toBe(3);
  await holder.query('rollback');
  await complete(live, audience, ...newIds(1));
  await until(async () => (await live.pubsub.lag()).rows === 0);
});

/** Holds the relay's lock in a session that does not relay. */
async function holdLock(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: home.url });
  client.on('error', () => undefined);
  await client.connect();
  opened.defer(() => client.end());
  await client.query('begin');
  await client.query(`select pg_advisory_xact_lock(hashtextextended('questline_live', 0))`);
  return client;
}
