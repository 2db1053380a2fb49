import { describe, expect, test } from 'vitest';
import { LiveSource } from '../../src/pubsub/live-source.ts';
import { CursorExpired } from '../../src/pubsub/replay.ts';
import type { Subscriber } from '../../src/pubsub/subscriber.ts';
import { everyone } from '../../src/pubsub/topics.ts';
import { framesOf, narrow, openWithDatabase as open, operation, type Render, reader } from './hand-feed.ts';
import { until } from './live-setup.ts';

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

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
  /** A subscriber that was full and has had room since then; while page `n` is read, `during(n)` events come. */
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
  // It keeps up: its earlier lag does not count against it.
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

test('who is full before the next comes is given it once there is room', async () => {
  const { feed, hub } = open();
  const { subscriber, seqs, read } = narrow();
  hub.join(operation('a'), subscriber, 0);
  await settled();
  // Exactly as many as there is room for.
  feed.handOn(10);
  await settled();
  feed.handOn(5);
  await settled();
  expect(seqs).toEqual(upTo(10));
  read();
  await until(() => seqs.length === 15);
  feed.handOn();
  await settled();
  expect(seqs).toEqual(upTo(16));
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

test('who leaves while its replay fails hears nothing of it', async () => {
  let leave = () => {};
  const { feed, asked, hub } = open(() => {
    leave();
    throw new CursorExpired();
  });
  feed.handOn(5);
  const { subscriber, ends } = reader();
  leave = hub.join(operation('a'), subscriber, 0);
  await until(() => asked.length === 1);
  await settled();
  expect(ends).toEqual([]);
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
