import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import {
  committedIds,
  complete,
  completions,
  type Instance,
  idsOf,
  newIds,
  openInstance,
  take,
  until,
} from './live-setup.ts';
import { TooSlow } from './stream.ts';

let home: TestDatabase;
let opened: AsyncDisposableStack;
let live: Instance;
let audience: string;

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
  live = opened.use(await openInstance(home.url));
});
afterEach(() => opened.disposeAsync());

test('without a cursor it begins with what commits after it was opened', async () => {
  const [before = '', after = ''] = newIds(2);
  await complete(live, audience, before);
  await until(async () => (await live.pubsub.lag()).rows === 0);
  const stream = await completions(live, audience);
  await complete(live, audience, after);
  expect(idsOf(await take(stream, 1))).toEqual([after]);
});

test('with a cursor it begins with what came after it, over many pages', async () => {
  const ids = newIds(1_700);
  await complete(live, audience, ...ids);
  await until(async () => (await live.pubsub.lag()).rows === 0);
  const records = await take(await completions(live, audience, 0), 1_700);
  expect(idsOf(records)).toEqual(ids);
  const resumed = await completions(live, audience, records[1_199]?.seq);
  expect(idsOf(await take(resumed, 500))).toEqual(ids.slice(1_200));
});

test('a cursor read before a commit brings it, also where the relay has not come to it yet', async () => {
  const after = await live.pubsub.currentSeq();
  await live.pubsub.close();
  const ids = newIds(1);
  await complete(live, audience, ...ids);
  const next = opened.use(await openInstance(home.url));
  expect(idsOf(await take(await completions(next, audience, after), 1))).toEqual(ids);
});

test('between replay and live there is neither gap nor double, however often one resumes under load', async () => {
  const ids = newIds(1_500);
  let written = 0;
  const writers = Array.from({ length: 10 }, async (_, writer) => {
    for (const id of ids.slice(writer * 150, writer * 150 + 150)) {
      await complete(live, audience, id);
      written++;
    }
  });
  const readers = Array.from({ length: 10 }, async () => {
    const read: string[] = [];
    for (let after = 0; read.length < ids.length; ) {
      // After half of the writes, some read on to the end, live.
      const more = written < 750 ? 1 + Math.floor(Math.random() * 120) : ids.length - read.length;
      const stream = await completions(live, audience, after);
      const records = await take(stream, Math.min(more, ids.length - read.length));
      await stream.return?.();
      read.push(...idsOf(records));
      after = records.at(-1)?.seq ?? after;
    }
    return read;
  });
  await Promise.all(writers);
  const committed = await committedIdsWhenSent();
  expect(committed).toHaveLength(1_500);
  for (const read of await Promise.all(readers)) expect(read).toEqual(committed);
});

async function committedIdsWhenSent(): Promise<string[]> {
  await until(async () => (await live.pubsub.lag()).rows === 0);
  return committedIds(live.database, audience);
}

test('a replay that is read slowly keeps nothing waiting, and has everything in the end', async () => {
  const ids = newIds(600);
  await complete(live, audience, ...ids.slice(0, 100));
  await until(async () => (await live.pubsub.lag()).rows === 0);
  const stream = await completions(live, audience, 0, 10);
  const [first] = await take(stream, 1);
  for (const id of ids.slice(100)) await complete(live, audience, id);
  await until(async () => (await live.pubsub.lag()).rows === 0);
  const rest = await take(stream, 599);
  // It has caught up: new events come from the feed.
  const next = take(stream, 30);
  const replayed = () => live.statements.filter((name) => name === 'replay.audience').length;
  const before = replayed();
  for (const id of newIds(30)) await complete(live, audience, id);
  await next;
  expect(replayed() - before).toBeLessThan(5);
  expect([first?.payload.completionId, ...idsOf(rest)]).toEqual(ids);
});

test('who does not read is dropped past the bound, said so at once, and has everything after the cursor', async () => {
  const stream = await completions(live, audience, undefined, 50);
  const probe = await completions(live, audience);
  const ids = newIds(1_200);
  await complete(live, audience, ...ids.slice(0, 100));
  const [first] = await take(stream, 1);
  for (let at = 100; at < ids.length; at += 100) await complete(live, audience, ...ids.slice(at, at + 100));
  await take(probe, ids.length);
  // It gets what it had room for, and then no more.
  await expect(take(stream, 100)).rejects.toThrow(TooSlow);
  expect(live.pubsub.feed.listenerCount).toBe(1);
  const resumed = await completions(live, audience, first?.seq);
  expect(idsOf(await take(resumed, 1_199))).toEqual(ids.slice(1));
});

test('who is behind for a while goes on by itself, and nobody waits for it', async () => {
  const slow = await completions(live, audience, undefined, 20);
  const probe = await completions(live, audience);
  const ids = newIds(900);
  for (let at = 0; at < ids.length; at += 100) await complete(live, audience, ...ids.slice(at, at + 100));
  expect(idsOf(await take(probe, 900))).toEqual(ids);
  expect(idsOf(await take(slow, 900))).toEqual(ids);
  // It has caught up once new events are not read from PostgreSQL.
  const replayed = () => live.statements.filter((name) => name === 'replay.audience').length;
  await until(async () => {
    const before = replayed();
    const [more = ''] = newIds(1);
    await complete(live, audience, more);
    expect(idsOf(await take(slow, 1))).toEqual([more]);
    return replayed() === before;
  });
});

test('a burst of one commit is no slowness', async () => {
  const stream = await completions(live, audience, undefined, 50);
  const ids = newIds(900);
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 900))).toEqual(ids);
});

test('return ends a next that waits, and listens no longer', async () => {
  const stream = await completions(live, audience);
  const waiting = stream.next();
  expect(await stream.return?.()).toEqual({ done: true, value: undefined });
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  await until(() => live.pubsub.feed.listenerCount === 0);
});

test('closing ends the streams', async () => {
  const stream = await completions(live, audience);
  const next = stream.next();
  await live.pubsub.close();
  expect(await next).toEqual({ done: true, value: undefined });
});

const trimUpTo = statement(
  'test.stream.trim',
  `with gone as (delete from live_event where seq <= $1)
   update live_position set expired_seq = $1 where topic = '*'`,
);

test('events removed under a replay end it with an error, not with a gap', async () => {
  await complete(live, audience, ...newIds(1_200));
  await until(async () => (await live.pubsub.lag()).rows === 0);
  const stream = await completions(live, audience, 0, 100);
  await take(stream, 500);
  await live.database.query(trimUpTo, [700]);
  await expect(take(stream, 700)).rejects.toThrow(CursorExpired);
  expect(live.pubsub.feed.listenerCount).toBe(0);
});
