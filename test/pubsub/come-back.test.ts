import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import type { Subscriber } from '../../src/pubsub/subscriber.ts';
import {
  databaseOf,
  framesOf,
  handFeed,
  narrow,
  openWithDatabase as open,
  operation,
  payer,
  type Render,
  reader,
} from './hand-feed.ts';
import { recordingLog, until } from './live-setup.ts';

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('many who come back', () => {
  /** Joins one reader for each cursor, all before the first is served. */
  async function comeBack(cursors: readonly number[], events: number) {
    const { feed, asked, hub } = open();
    feed.handOn(events);
    const rendered: number[] = [];
    const render: Render = async (records) => {
      rendered.push(...records.map(({ seq }) => seq));
      return () => framesOf(records);
    };
    const readers = cursors.map((from) => {
      const each = reader();
      hub.join(operation('a', render), each.subscriber, from);
      return { ...each, from };
    });
    const complete = () =>
      until(() => readers.every(({ seqs, from }) => seqs.length === feed.history.length - from));
    await complete();
    for (const { seqs, from } of readers) expect(seqs).toEqual(upTo(events).slice(from));
    return { feed, asked, rendered, readers, complete };
  }

  test('are read and rendered for once, where they stand near each other', async () => {
    const cursors = Array.from({ length: 50 }, (_, index) => 100 + ((index * 7) % 50));
    const { feed, asked, rendered, readers, complete } = await comeBack(cursors, 400);
    expect([asked, rendered]).toEqual([[100], upTo(400).slice(100)]);
    feed.handOn();
    await complete();
    expect(readers.every(({ seqs }) => seqs.at(-1) === 401)).toBe(true);
    expect(rendered.at(-1)).toBe(401);
    expect(rendered).toHaveLength(301);
  });

  test('do not wait for one who is far behind', async () => {
    const order: number[] = [];
    const { feed, asked, hub } = open();
    feed.handOn(1_600);
    for (const from of [0, 1_500, 1_505]) {
      const { subscriber } = reader();
      const write: Subscriber['write'] = (frames) => {
        order.push(from);
        return subscriber.write(frames);
      };
      hub.join(operation('a'), { ...subscriber, write }, from);
    }
    await until(() => asked.length === 5);
    // Its first page, the one for the other two, and the rest of its own.
    expect(asked).toEqual([0, 1_500, 500, 1_000, 1_500]);
    expect(order.lastIndexOf(1_505)).toBeLessThan(order.lastIndexOf(0));
  });

  test('are read for a few at a time, in all groups together', async () => {
    const feed = handFeed();
    feed.handOn(10);
    const { database, asked } = databaseOf(feed);
    let [running, most] = [0, 0];
    const slow: Db = {
      async query(...args) {
        most = Math.max(most, ++running);
        await settled();
        running--;
        return database.query(...args);
      },
    };
    const hub = new Hub<Subscriber>({ database: slow, feed, log: recordingLog().log });
    const readers = Array.from({ length: 50 }, (_, index) => {
      const each = reader(undefined, payer(`${index}`));
      hub.join(operation(`${index}`), each.subscriber, 0);
      return each;
    });
    const leave = hub.join(operation('gone'), reader().subscriber, 0);
    await settled();
    // Before its turn came.
    leave();
    await until(() => readers.every(({ seqs }) => seqs.length === 10));
    await settled();
    expect([most, asked.length]).toEqual([4, 50]);
  });

  test('end each by themselves, where one came too late', async () => {
    const { feed, asked, hub } = open(({ after }) => {
      if (after < 5) throw new CursorExpired();
    });
    feed.handOn(20);
    const readers = [4, 10, 4, 3, 12].map((from) => {
      const each = reader();
      hub.join(operation('a'), each.subscriber, from);
      return each;
    });
    await until(() => readers.every(({ seqs, ends }) => ends.length === 1 || seqs.at(-1) === 20));
    expect(readers.map(({ ends }) => ends.length)).toEqual([1, 0, 1, 1, 0]);
    expect(asked).toEqual([3, 4, 10]);
    expect(readers.map(({ seqs }) => seqs)).toEqual([[], upTo(20).slice(10), [], [], upTo(20).slice(12)]);
  });

  test('are told where the stream ends, and nothing more is read for them', async () => {
    const { feed, asked, hub } = open(() => {
      for (const listener of feed.listeners) listener.onEnd();
    });
    feed.handOn(5);
    const { subscriber, seqs, ends } = reader();
    hub.join(operation('a'), subscriber, 0);
    await until(() => ends.length === 1);
    await settled();
    expect([seqs, ends, asked, hub.operations]).toEqual([[], [undefined], [0], 0]);
  });

  test('are given the rest of a page that one had no room for, and it what it lacks, each once', async () => {
    const { feed, asked, hub } = open();
    feed.handOn(300);
    const [full, whole] = [narrow(), reader()];
    hub.join(operation('a'), full.subscriber, 20);
    hub.join(operation('a'), whole.subscriber, 10);
    await until(() => whole.seqs.length === 290);
    for (let turn = 0; turn < 5; turn++) await settled();
    expect([asked, full.seqs]).toEqual([[10], upTo(30).slice(20)]);
    await until(() => {
      full.read();
      return full.seqs.length === 280;
    });
    expect(full.seqs).toEqual(upTo(300).slice(20));
  });
});
