import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import { complete, type Instance, newIds, openInstance, until } from './live-setup.ts';

const hour = 3_600_000;

let home: TestDatabase;
let opened: AsyncDisposableStack;
let live: Instance;
let audience: string;

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
  live = opened.use(await openInstance(home.url, { retentionMs: hour }));
});
afterEach(() => opened.disposeAsync());

const makeOlder = statement(
  'test.cursor.age',
  `update live_event set occurred_at = now() - $2 * interval '1 ms' where seq <= $1`,
);
const readKept = statement<{ first: number; count: number }>(
  'test.cursor.kept',
  'select min(seq) as first, count(*) as count from live_event',
);
const readExpired = statement<{ topic: string; expired: number }>(
  'test.cursor.expired',
  'select topic, expired_seq as expired from live_position order by topic',
);

async function sent(count: number): Promise<void> {
  await complete(live, audience, ...newIds(count));
  await until(async () => (await live.pubsub.lag()).rows === 0);
}

test('the stream stands at 0 in a new database, and at the last event sent afterwards', async () => {
  expect(await live.pubsub.currentSeq()).toBe(0);
  expect(await live.pubsub.checkCursor(0)).toBe('OK');
  await sent(3);
  expect(await live.pubsub.currentSeq()).toBe(3);
  expect(await live.pubsub.checkCursor(0)).toBe('OK');
  expect(await live.pubsub.checkCursor(3)).toBe('OK');
});

test('a cursor that the stream has not reached, or that is no seq at all, lies ahead', async () => {
  await sent(3);
  for (const seq of [4, 2 ** 53 - 1, 2 ** 53, 1e30, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(await live.pubsub.checkCursor(seq), `${seq}`).toBe('AHEAD');
  }
});

test('a cursor is expired where what follows it is older than the retention', async () => {
  await sent(3);
  await live.database.query(makeOlder, [2, hour + 1_000]);
  expect(await live.pubsub.checkCursor(0)).toBe('EXPIRED');
  expect(await live.pubsub.checkCursor(1)).toBe('EXPIRED');
  expect(await live.pubsub.checkCursor(2)).toBe('OK');
  await live.database.query(makeOlder, [3, hour + 1_000]);
  // Nothing follows, so nothing is missed, however old the last event is.
  expect(await live.pubsub.checkCursor(3)).toBe('OK');
});

test('events past their retention are removed from the start of the stream, and the positions say how far', async () => {
  await sent(2_600);
  await live.database.query(makeOlder, [2_300, hour + 1_000]);
  const trimming = opened.use(await openInstance(home.url, { retentionMs: hour, pollMs: hour }));
  await until(async () => (await trimming.database.query(readKept))[0]?.count === 300);
  expect(await live.database.query(readKept)).toEqual([{ first: 2_301, count: 300 }]);
  expect(await live.database.query(readExpired)).toEqual([
    { topic: '*', expired: 2_300 },
    { topic: 'quest_completed', expired: 2_300 },
  ]);
  expect(await live.pubsub.checkCursor(2_299)).toBe('EXPIRED');
  expect(await live.pubsub.checkCursor(2_300)).toBe('OK');
  await sent(1);
  expect(await live.pubsub.currentSeq()).toBe(2_601);
});

const ageUnsent = statement(
  'test.cursor.ageUnsent',
  `update live_event set occurred_at = now() - $1 * interval '1 ms'`,
);

test('what was not sent yet is not removed, however old', async () => {
  await live.pubsub.close();
  await complete(live, audience, ...newIds(2));
  await live.database.query(ageUnsent, [hour + 1_000]);
  const next = opened.use(await openInstance(home.url, { retentionMs: 10 * hour }));
  await until(async () => (await next.pubsub.currentSeq()) === 2);
  expect(await next.database.query(readKept)).toEqual([{ first: 1, count: 2 }]);
});

test('is asked about for many at once by two statements, and each has its own answer', async () => {
  await sent(3);
  const before = live.statements.length;
  const seqs = Array.from({ length: 1_500 }, (_, n) => n % 5);
  const states = await Promise.all(seqs.map((seq) => live.pubsub.checkCursor(seq)));
  expect(states).toEqual(seqs.map((seq) => (seq <= 3 ? 'OK' : 'AHEAD')));
  const positions = await Promise.all(seqs.map(() => live.pubsub.currentSeq()));
  expect(new Set(positions)).toEqual(new Set([3]));
  const count = (wanted: string) => live.statements.slice(before).filter((name) => name === wanted).length;
  expect(count('cursor.states')).toBeLessThanOrEqual(3);
  expect(count('cursor.position')).toBeLessThanOrEqual(3);
});
