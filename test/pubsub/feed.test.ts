import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { currentSeq } from '../../src/pubsub/cursor.ts';
import { Feed } from '../../src/pubsub/feed.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { InProcessBus } from '../../src/pubsub/in-process-bus.ts';
import { LiveSource } from '../../src/pubsub/live-source.ts';
import type { LiveBatch, LiveMessage, MessageBus } from '../../src/pubsub/message-bus.ts';
import { Relay } from '../../src/pubsub/relay.ts';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import type { LiveRecord, Topic } from '../../src/pubsub/topics.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import { complete, type Instance, newIds, openInstance, recordingLog, take, until } from './live-setup.ts';
import { openStream } from './stream.ts';

const hour = 3_600_000;

/** Sends what `spoil` makes of each batch. */
class FaultyBus extends InProcessBus {
  readonly #spoil: (messages: readonly LiveMessage[], topic: Topic) => LiveMessage[][];

  constructor(spoil: (messages: readonly LiveMessage[], topic: Topic) => LiveMessage[][]) {
    super();
    this.#spoil = spoil;
  }

  override async publish(batch: LiveBatch): Promise<void> {
    for (const [topic, messages] of batch) {
      for (const part of this.#spoil(messages, topic)) await super.publish(new Map([[topic, part]]));
    }
  }
}

let home: TestDatabase;
let opened: AsyncDisposableStack;
let audience: string;
let writer: Instance;

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
  writer = opened.use(await openInstance(home.url, { pollMs: hour }));
  // Only the relay under test should send.
  await writer.pubsub.close();
});
afterEach(() => opened.disposeAsync());

/** A relay and a feed, connected by a bus. */
function connect(bus: MessageBus, pollMs: number) {
  const { database, signals } = writer;
  const { log, lines } = recordingLog();
  const relay = new Relay({ database, bus, log, pollMs: hour, retentionMs: hour });
  const feed = new Feed({ database, bus, log, pollMs });
  const stop = signals.listen('questline_live', () => relay.wake());
  opened.defer(async () => {
    stop();
    await relay.close();
    await feed.close();
  });
  return { feed, lines };
}

async function listen(feed: Feed, whose = audience) {
  const records: LiveRecord[] = [];
  const ends: unknown[] = [];
  const subscription = await feed.subscribe('quest_completed', whose, {
    onRecords: (batch) => void records.push(...batch),
    onEnd: (error) => void ends.push(error),
  });
  return { records, ends, subscription };
}

const readSeqs = statement<{ seq: number }>(
  'test.feed.seqs',
  'select seq from live_event where audience = $1 and seq is not null order by seq',
);
async function seqsOf(whose: string): Promise<number[]> {
  return (await writer.database.query(readSeqs, [whose])).map(({ seq }) => seq);
}

test('messages that are lost, doubled and out of order come out whole, once and in order', async () => {
  let late: LiveMessage[] = [];
  const bus = new FaultyBus((messages) => {
    const chance = Math.random();
    if (chance < 0.2) return [];
    if (chance < 0.4) return [[...messages], [...messages]];
    if (chance < 0.6) {
      const parts = [[...messages], late];
      late = [];
      return parts;
    }
    late.push(...messages);
    return [];
  });
  const { feed } = connect(bus, 20);
  const { records } = await listen(feed);
  const other = await listen(feed, randomUUID());
  let written = 0;
  const writers = Array.from({ length: 20 }, async () => {
    for (let commits = 0; commits < 20; commits++) {
      const ids = newIds(1 + Math.floor(Math.random() * 3));
      await complete(writer, audience, ...ids);
      written += ids.length;
    }
  });
  await Promise.all(writers);
  await until(() => records.length >= written);
  expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: written }, (_, index) => index + 1));
  expect(other.records).toEqual([]);
});

test('a message bus that fails stops nothing: all comes with the poll', async () => {
  const bus = new FaultyBus(() => {
    throw new Error('no way through');
  });
  const { feed, lines } = connect(bus, 50);
  const { records } = await listen(feed);
  const ids = newIds(30);
  for (const id of ids) await complete(writer, audience, id);
  await until(() => records.length === 30);
  expect(records.map(({ payload }) => payload)).toEqual(ids.map((completionId) => ({ completionId })));
  expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
});

test('what comes while a hole is read waits, and follows it', async () => {
  let lost = 1;
  const { feed } = connect(new FaultyBus((messages) => (lost-- > 0 ? [] : [[...messages]])), hour);
  const { records } = await listen(feed);
  const query = writer.database.query;
  const reading = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  writer.database.query = async (asked, values) => {
    const rows = await query(asked, values);
    if (asked.name === 'replay.topic') {
      reading.resolve();
      await release.promise;
    }
    return rows;
  };
  const send = async (count: number) => {
    const before = lost;
    await complete(writer, audience, ...newIds(count));
    await until(() => lost < before);
  };
  await send(1);
  await send(1);
  await reading.promise;
  await send(3);
  expect(records).toEqual([]);
  release.resolve();
  await until(() => records.length === 5);
  expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test('a cursor that another process gave, ahead of what this one has seen, repeats nothing', async () => {
  let lost = 3;
  const { feed } = connect(new FaultyBus((messages) => (lost-- > 0 ? [] : [[...messages]])), hour);
  await listen(feed);
  for (const [index, id] of newIds(3).entries()) {
    await complete(writer, audience, id);
    await until(() => lost === 2 - index);
  }
  const { database } = writer;
  const hub = new Hub({ database, feed, log: recordingLog().log });
  const source = async () => LiveSource.of({ topic: 'quest_completed', audience }, 2);
  const stream = await openStream({ hub, pubsub: { source } }, { topic: 'quest_completed', audience });
  const records = take(stream, 2);
  await complete(writer, audience, ...newIds(1));
  expect((await records).map(({ seq }) => seq)).toEqual([3, 4]);
});

test('a hole is filled as soon as a message shows it', async () => {
  let lost = 3;
  const bus = new FaultyBus((messages) => (lost-- > 0 ? [] : [[...messages]]));
  const { feed } = connect(bus, hour);
  const { records } = await listen(feed);
  for (const [index, id] of newIds(3).entries()) {
    await complete(writer, audience, id);
    await until(() => lost === 2 - index);
  }
  expect(records).toEqual([]);
  await complete(writer, audience, ...newIds(2));
  await until(() => records.length === 5);
  expect(records.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
});

test('what comes at once is handed on at once, to each listener of its audience and to no other', async () => {
  const { feed } = connect(new InProcessBus(), hour);
  const sizes: number[] = [];
  const onRecords = (batch: readonly LiveRecord[]) => void sizes.push(batch.length);
  for (let listener = 0; listener < 2; listener++) {
    await feed.subscribe('quest_completed', audience, { onRecords, onEnd: () => undefined });
  }
  const other = await listen(feed, randomUUID());
  await complete(writer, audience, ...newIds(40));
  await until(() => sizes.length === 2);
  expect(sizes).toEqual([40, 40]);
  expect(other.records).toEqual([]);
  expect(other.subscription.position).toBe(40);
});

test('who has unsubscribed hears nothing more, and one who comes later nothing of before', async () => {
  const { feed } = connect(new InProcessBus(), hour);
  const first = await listen(feed);
  const second = await listen(feed);
  await complete(writer, audience, ...newIds(1));
  await until(() => second.records.length === 1);
  first.subscription.unsubscribe();
  first.subscription.unsubscribe();
  const third = await listen(feed);
  await complete(writer, audience, ...newIds(1));
  await until(() => second.records.length === 2);
  expect(first.records.map(({ seq }) => seq)).toEqual([1]);
  expect(third.records.map(({ seq }) => seq)).toEqual([2]);
  expect(feed.listenerCount).toBe(2);
});

test('a subscription fails where PostgreSQL cannot be asked, and the next one starts anew', async () => {
  const { feed } = connect(new InProcessBus(), hour);
  const query = writer.database.query;
  writer.database.query = () => Promise.reject(new Error('gone'));
  const both = await Promise.allSettled([listen(feed), listen(feed)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(feed.listenerCount).toBe(0);
  writer.database.query = query;
  const { records } = await listen(feed);
  await complete(writer, audience, ...newIds(1));
  await until(() => records.length === 1);
});

const removeAll = statement('test.feed.remove', 'delete from live_event');
const raiseExpired = statement(
  'test.feed.expire',
  `update live_position set expired_seq = seq where topic = '*'`,
);

test('a hole that cannot be filled any more ends the stream with an error', async () => {
  let lossy = true;
  const { feed } = connect(new FaultyBus((messages) => (lossy ? [] : [[...messages]])), hour);
  const { records, ends } = await listen(feed);
  await complete(writer, audience, ...newIds(5));
  await until(async () => (await seqsOf(audience)).length === 5);
  await writer.database.query(removeAll);
  await writer.database.query(raiseExpired);
  lossy = false;
  await complete(writer, audience, ...newIds(1));
  await until(() => ends.length === 1);
  expect(ends[0]).toBeInstanceOf(CursorExpired);
  expect(records).toEqual([]);
  expect(feed.listenerCount).toBe(0);
});

test('what other topics did meanwhile is not read through to find one missed event', async () => {
  const { feed } = connect(
    new FaultyBus((messages, topic) => (topic === 'wallet_changed' ? [] : [[...messages]])),
    50,
  );
  const { subscription } = await listen(feed);
  const wallet = await feed.subscribe('wallet_changed', audience, {
    onRecords: () => undefined,
    onEnd: () => undefined,
  });
  await complete(writer, audience, ...newIds(20));
  await until(() => wallet.position === 20 && subscription.position === 20);
});

test('a poll under way while a topic is opened hides none of its events', async () => {
  const { database, pubsub } = writer;
  const bus = new FaultyBus((messages, topic) => (topic === 'wallet_changed' ? [] : [[...messages]]));
  const { feed } = connect(bus, 50);
  await listen(feed);
  const query = database.query;
  const polling = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  database.query = async (asked, values) => {
    if (asked.name === 'feed.positions') {
      polling.resolve();
      await release.promise;
    }
    return query(asked, values);
  };
  await polling.promise;
  const entries: LiveRecord[] = [];
  const onRecords = (batch: readonly LiveRecord[]) => void entries.push(...batch);
  await feed.subscribe('wallet_changed', audience, { onRecords, onEnd: () => undefined });
  const entryId = randomUUID();
  await transaction(database, async (tx) =>
    pubsub.outbox.publish(tx, 'wallet_changed', audience, { entryId }),
  );
  await until(async () => (await currentSeq(database)) === 1);
  release.resolve();
  await until(() => entries.length === 1);
  expect(entries).toMatchObject([{ seq: 1, payload: { entryId } }]);
});
