import { describe, expect, test } from 'vitest';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import { away, framesOf, handFeed, open, operation, type Render, reader } from './hand-feed.ts';
import { until } from './live-setup.ts';

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await undefined;
};
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what comes', () => {
  test('while the last batch is being finished is given too, in whatever turn it comes', async () => {
    for (let later = 0; later < 60; later++) {
      const feed = handFeed();
      const { hub } = open(feed);
      const { subscriber, seqs } = reader();
      hub.join(operation('a'), subscriber, 0);
      await settled();
      feed.handOn();
      await turns(later);
      feed.handOn();
      await settled();
      expect(seqs, `${later} turns later`).toEqual([1, 2]);
    }
  });

  test('while a batch is rendered waits for it, and comes in order', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const { subscriber, seqs } = reader();
    const gate = Promise.withResolvers<void>();
    const batches: number[] = [];
    hub.join(
      operation('a', async (records) => {
        batches.push(records.length);
        // Later batches are rendered at once.
        if (batches.length === 1) await gate.promise;
        return () => framesOf(records);
      }),
      subscriber,
      0,
    );
    await settled();
    feed.handOn();
    await settled();
    feed.handOn(250);
    gate.resolve();
    await until(() => seqs.length === 251);
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(batches).toEqual([1, 100, 100, 50]);
  });

  test('is not given twice to who has it already', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const [ahead, between, late] = [reader(), reader(), reader()];
    hub.join(operation('a'), ahead.subscriber, 3);
    hub.join(operation('a'), between.subscriber, 1);
    hub.join(operation('a'), late.subscriber, 0);
    await settled();
    feed.handOn(5);
    await settled();
    expect([ahead.seqs, between.seqs, late.seqs]).toEqual([
      [4, 5],
      [2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ]);
  });
});

describe('while a batch is rendered', () => {
  async function rendering() {
    const feed = handFeed();
    const { hub } = open(feed);
    const gate = Promise.withResolvers<void>();
    const held = operation('a', async (records) => {
      await gate.promise;
      return () => framesOf(records);
    });
    const first = reader();
    const leave = hub.join(held, first.subscriber, 0);
    await settled();
    feed.handOn();
    await settled();
    return { feed, hub, gate, held, first, leave };
  }

  test('who joins after it is given what follows alone', async () => {
    const { feed, hub, gate, held, first } = await rendering();
    const joined = reader();
    hub.join(held, joined.subscriber, 1);
    await settled();
    gate.resolve();
    await settled();
    feed.handOn();
    await settled();
    expect([first.seqs, joined.seqs]).toEqual([[1, 2], [2]]);
  });

  test('who leaves is given nothing any more, and others are', async () => {
    const { hub, gate, held, first, leave } = await rendering();
    const other = reader();
    hub.join(held, other.subscriber, 1);
    leave();
    gate.resolve();
    await settled();
    expect([first.seqs, first.ends, other.seqs]).toEqual([[], [], []]);
    expect([hub.operations, hub.subscribers]).toEqual([1, 1]);
  });

  test('all may leave and others join: they are another group', async () => {
    const { feed, hub, gate, held, first, leave } = await rendering();
    leave();
    leave();
    expect([hub.operations, hub.subscribers, feed.listeners.size]).toEqual([0, 0, 0]);
    const next = reader();
    const leaveNext = hub.join(operation('a'), next.subscriber, 1);
    gate.resolve();
    await settled();
    leave();
    feed.handOn();
    await settled();
    expect([first.seqs, next.seqs, feed.listeners.size]).toEqual([[], [2], 1]);
    leaveNext();
    expect([hub.operations, feed.listeners.size]).toEqual([0, 0]);
    hub.join(held, next.subscriber, 2);
    expect(hub.operations).toBe(1);
  });
});

describe('a group that is opened', () => {
  test('and left before the feed has begun listens no longer than that', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const [gone, there] = [reader(), reader()];
    hub.join(operation('a'), gone.subscriber, 0)();
    hub.join(operation('a'), there.subscriber, 0);
    await settled();
    expect(feed.listeners.size).toBe(1);
    feed.handOn();
    await settled();
    expect([gone.seqs, there.seqs]).toEqual([[], [1]]);
  });

  test('without a feed ends with its error, and can be opened again', async () => {
    const feed = handFeed();
    let failing = true;
    const { hub } = open({
      subscribe: (...args) => (failing ? Promise.reject(away()) : feed.subscribe(...args)),
    });
    const [first, second] = [reader(), reader()];
    hub.join(operation('a'), first.subscriber, 0);
    await settled();
    expect(first.ends).toEqual([away()]);
    expect(hub.operations).toBe(0);
    failing = false;
    hub.join(operation('a'), second.subscriber, 0);
    await settled();
    feed.handOn();
    await settled();
    expect([first.seqs, second.seqs]).toEqual([[], [1]]);
  });

  test('ends all of its subscribers once, as the feed does', async () => {
    for (const error of [undefined, new CursorExpired()]) {
      const feed = handFeed();
      const { hub } = open(feed);
      const all = [reader(), reader()];
      const leaves = all.map(({ subscriber }) => hub.join(operation('a'), subscriber, 0));
      await settled();
      for (const listener of feed.listeners) listener.onEnd(error);
      for (const leave of leaves) leave();
      expect(all.map(({ ends }) => ends)).toEqual([[error], [error]]);
      expect([hub.operations, hub.subscribers]).toEqual([0, 0]);
    }
  });
});

describe('rendering that fails', () => {
  test('ends the group with the error, and no other', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const failure = new Error('Not the database.');
    const [broken, whole] = [reader(), reader()];
    hub.join(
      operation('a', () => Promise.reject(failure)),
      broken.subscriber,
      0,
    );
    hub.join(operation('b'), whole.subscriber, 0);
    await settled();
    feed.handOn();
    await settled();
    expect(broken.ends).toEqual([failure]);
    expect([whole.seqs, whole.ends]).toEqual([[1], []]);
    expect([hub.operations, hub.subscribers, feed.listeners.size]).toEqual([1, 1, 1]);
  });

  test('for want of the database is tried again until it goes well, and others do not wait', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    let tries = 0;
    const [waiting, whole] = [reader(), reader()];
    const twice: Render = async (records) => {
      if (++tries < 3) throw away();
      return () => framesOf(records);
    };
    hub.join(operation('a', twice), waiting.subscriber, 0);
    hub.join(operation('b'), whole.subscriber, 0);
    await settled();
    feed.handOn(2);
    await settled();
    expect([waiting.seqs, whole.seqs]).toEqual([[], [1, 2]]);
    feed.handOn();
    await until(() => waiting.seqs.length === 3);
    expect(waiting.seqs).toEqual([1, 2, 3]);
    expect(waiting.ends).toEqual([]);
  });
});

describe('a replay without a database', () => {
  test('is tried again as long as somebody waits for it', async () => {
    const feed = handFeed();
    const { hub, asked } = open(feed);
    const stays = reader();
    feed.handOn(5);
    hub.join(operation('a'), reader().subscriber, 5);
    const leave = hub.join(operation('a'), reader().subscriber, 1);
    const asks = (of: number) => asked.filter((after) => after === of).length;
    await until(() => asks(1) === 2);
    leave();
    hub.join(operation('a'), stays.subscriber, 2);
    await until(() => asks(2) === 5);
    // The page for the reader who left is no longer requested.
    expect(asks(1)).toBeLessThanOrEqual(3);
    expect(stays.ends).toEqual([]);
  });

  test('keeps nobody else waiting', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const [behind, there] = [reader(), reader()];
    feed.handOn(5);
    hub.join(operation('a'), behind.subscriber, 1);
    hub.join(operation('a'), there.subscriber, 5);
    await settled();
    feed.handOn();
    await settled();
    expect([behind.seqs, there.seqs]).toEqual([[], [6]]);
  });
});

describe('who has no room', () => {
  test('may be 1,000 events behind and no more, is told once, and then is no member', async () => {
    const feed = handFeed();
    const { hub } = open(feed);
    const [slow, whole] = [reader(10), reader()];
    hub.join(operation('a'), slow.subscriber, 0);
    hub.join(operation('a'), whole.subscriber, 0);
    await settled();
    feed.handOn(11);
    await settled();
    expect(slow.seqs).toHaveLength(10);
    feed.handOn(1_000);
    await settled();
    expect([slow.slow(), hub.subscribers]).toEqual([0, 2]);
    feed.handOn();
    expect([slow.slow(), hub.subscribers]).toEqual([1, 1]);
    feed.handOn();
    await until(() => whole.seqs.length === 1_013);
    expect([slow.slow(), slow.ends, slow.seqs.length]).toEqual([1, [], 10]);
  });
});
