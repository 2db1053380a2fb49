import { expect, test } from 'vitest';
import type { Subscriber } from '../../src/pubsub/group.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { databaseOf, framesOf, handFeed, operation, type Render, reader } from './hand-feed.ts';
import { recordingLog, until } from './live-setup.ts';

function open() {
  const feed = handFeed();
  const { database, asked } = databaseOf(feed);
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
  const read = () => {
    room = 10;
    wake();
  };
  return { subscriber: { ...subscriber, write, drained }, seqs, slow, read };
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const settled = () => new Promise((resolve) => setImmediate(resolve));

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
  for (let more = 0; more < 20; more++) {
    read();
    feed.handOn(10);
    await settled();
  }
  expect(seqs).toEqual(upTo(1_195));
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
