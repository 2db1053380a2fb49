import { describe, expect, test } from 'vitest';
import type { Db } from '../../src/database/database.ts';
import type { Subscriber } from '../../src/pubsub/group.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { LiveSource } from '../../src/pubsub/live-source.ts';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import { everyone } from '../../src/pubsub/topics.ts';
import { databaseOf, framesOf, handFeed, operation, type Render, reader } from './hand-feed.ts';
import { recordingLog, until } from './live-setup.ts';

/** @param onAsked called with each page that is asked for; what it throws is what becomes of it */
function open(onAsked?: (page: { after: number }) => void) {
  const feed = handFeed();
  const { database, asked } = databaseOf(feed, onAsked);
  return { feed, asked, hub: new Hub<Subscriber>({ database, feed, log: recordingLog().log }) };
}

/** Has room for ten frames, until they are read. */
function narrow() {
  const { subscriber, seqs, slow } = reader();
  let room = 10;
  let wake = () => {};
  const write: Subscriber['write'] = (frames) => {
    const taken = subscriber.write(frames.slice(0, room));
    room -= taken;
    return taken;
  };
  const drained = () => (room > 0 ? Promise.resolve() : new Promise<void>((resolve) => (wake = resolve)));
  const read = (next = 10) => {
    room = next;
    wake();
  };
  return { subscriber: { ...subscriber, write, drained }, seqs, slow, read };
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('many who come back', () => {
  /** Joins one reader for each cursor, all before the first is read for. */
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
    // Its first page, the two, and the rest of it.
    expect(asked).toEqual([0, 1_500, 500, 1_000, 1_500]);
    expect(order.lastIndexOf(1_505)).toBeLessThan(order.lastIndexOf(0));
  });

  test('are read for a few at a time, in all groups together', async () => {
    const feed = handFeed();
    feed.handOn(10);
    const { database } = databaseOf(feed);
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
      const each = reader();
      hub.join(operation(`${index}`), each.subscriber, 0);
      return each;
    });
    await until(() => readers.every(({ seqs }) => seqs.length === 10));
    expect(most).toBe(4);
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

test('who has room at once in the middle of a page begins where it was', async () => {
  const { feed, hub } = open();
  feed.handOn(300);
  const { subscriber, seqs } = reader();
  // Takes half of what it is given, and has room again before the next batch.
  const write: Subscriber['write'] = (frames) =>
    subscriber.write(frames.slice(0, Math.ceil(frames.length / 2)));
  hub.join(operation('a'), { ...subscriber, write }, 0);
  await until(() => seqs.length >= 300);
  expect(seqs).toEqual(upTo(300));
});

describe('who lags behind', () => {
  /** One who was full, and has room from then on, while during each page so many events come as `during` says. */
  async function lagging(during: (page: number) => number) {
    let page = 0;
    const { feed, asked, hub } = open(() => void feed.handOn(during(page++)));
    const { subscriber, seqs, slow, read } = narrow();
    hub.join(operation('a'), subscriber, 0);
    await settled();
    feed.handOn(20);
    await settled();
    expect(seqs).toEqual(upTo(10));
    const readOn = async (enough: () => boolean) => {
      while (!enough()) {
        read(Number.POSITIVE_INFINITY);
        await settled();
      }
    };
    return { feed, asked, seqs, slow, read, readOn };
  }

  test('a little and always, is not too slow', async () => {
    const { seqs, slow, readOn } = await lagging((page) => (page < 100 ? 20 : 0));
    await readOn(() => seqs.length === 2_020);
    expect([seqs, slow()]).toEqual([upTo(2_020), 0]);
  });

  test('and has read a part of what it lacks, lags as long as it has not all', async () => {
    const { feed, asked, slow, read } = await lagging(() => 0);
    feed.handOn(880);
    read(500);
    await until(() => asked.length === 2);
    await settled();
    feed.handOn(120);
    expect(slow()).toBe(0);
    feed.handOn(1);
    expect(slow()).toBe(1);
  });

  test('is measured from where it had everything', async () => {
    const { feed, asked, slow, read } = await lagging((page) => (page === 0 ? 900 : 0));
    // Room for the first page and a little more.
    read(20);
    await until(() => asked.length === 2);
    await settled();
    feed.handOn(100);
    await settled();
    expect(slow()).toBe(0);
    feed.handOn(1);
    await settled();
    expect(slow()).toBe(1);
  });
});

test('who came with a cursor is not too slow before it has caught up', async () => {
  let page = 0;
  const { feed, asked, hub } = open(() => void feed.handOn(page++ === 0 ? 20 : 0));
  const { subscriber, seqs, slow, read } = narrow();
  feed.handOn(10);
  hub.join(operation('a'), subscriber, 5);
  await until(() => asked.length === 2);
  await settled();
  feed.handOn(2_000);
  await settled();
  expect(slow()).toBe(0);
  await until(() => {
    read();
    return seqs.length === 2_025;
  });
  expect(seqs).toEqual(upTo(2_030).slice(5));
});

test('who is full goes on from where it was, each event once, and listens again', async () => {
  const { feed, asked, hub } = open();
  const { subscriber, seqs, slow, read } = narrow();
  hub.join(operation('a'), subscriber, 0);
  await settled();
  feed.handOn(995);
  await until(() => {
    read();
    return seqs.length === 995;
  });
  read();
  await settled();
  const reads = asked.length;
  // It keeps up: what it once was behind does not count against it.
  for (let more = 0; more < 110; more++) {
    read();
    feed.handOn(10);
    await settled();
  }
  expect(seqs).toEqual(upTo(2_095));
  expect(asked).toHaveLength(reads);
  expect(slow()).toBe(0);
});

test('who is full is not read for before there is room', async () => {
  const { feed, asked, hub } = open();
  const { subscriber, seqs } = narrow();
  hub.join(operation('a'), subscriber, 0);
  await settled();
  for (let times = 0; times < 5; times++) {
    feed.handOn(20);
    await settled();
  }
  expect([seqs, asked]).toEqual([upTo(10), []]);
});

test('who leaves while it is full is given nothing, once there is room', async () => {
  const { feed, asked, hub } = open();
  const [gone, stays] = [narrow(), reader()];
  const leave = hub.join(operation('a'), gone.subscriber, 0);
  hub.join(operation('a'), stays.subscriber, 0);
  await settled();
  feed.handOn(20);
  await settled();
  leave();
  gone.read();
  await settled();
  feed.handOn();
  await until(() => stays.seqs.length === 21);
  await settled();
  expect([gone.seqs, asked, hub.subscribers]).toEqual([upTo(10), [], 1]);
});

test('who leaves while its replay is rendered is given nothing, and nothing more is read for it', async () => {
  const { feed, asked, hub } = open();
  feed.handOn(1_200);
  const gate = Promise.withResolvers<void>();
  let renderings = 0;
  const render: Render = async (records) => {
    renderings++;
    await gate.promise;
    return () => framesOf(records);
  };
  const [gone, stays] = [reader(), reader()];
  hub.join(operation('a', render), stays.subscriber, 1_200);
  const leave = hub.join(operation('a', render), gone.subscriber, 0);
  await until(() => renderings === 1);
  leave();
  gate.resolve();
  await settled();
  feed.handOn();
  await settled();
  expect([gone.seqs, stays.seqs, asked, renderings]).toEqual([[], [1_201], [0], 2]);
});

test('pages of which nothing is asked for are passed over, once each', async () => {
  const { feed, asked, hub } = open();
  feed.handOn(700);
  const { subscriber, seqs } = reader();
  const accept = ({ postId }: { postId: string }) => Number(postId) > 700;
  const source = LiveSource.of({ topic: 'post_changed', audience: everyone, accept }, 0);
  hub.join({ ...operation('a'), source }, subscriber, 0);
  await until(() => asked.length === 2);
  feed.handOn();
  await until(() => seqs.length === 1);
  expect([seqs, asked]).toEqual([[701], [0, 500]]);
});

test('who may hear of nothing is not read for again', async () => {
  const { feed, asked, hub } = open();
  feed.handOn(700);
  const { subscriber, seqs } = reader();
  let hears = false;
  hub.join(
    operation('a', async (records) => () => (hears ? framesOf(records) : [])),
    subscriber,
    0,
  );
  await until(() => asked.length === 2);
  await settled();
  hears = true;
  feed.handOn();
  await until(() => seqs.length === 1);
  expect([seqs, asked]).toEqual([[701], [0, 500]]);
});
