import { expect, test } from 'vitest';
import { Hub } from '../../src/pubsub/hub.ts';
import { LiveSource, type LiveSourceOptions } from '../../src/pubsub/live-source.ts';
import type { Subscriber } from '../../src/pubsub/subscriber.ts';
import { everyone } from '../../src/pubsub/topics.ts';
import { databaseOf, framesOf, handFeed, reader } from './hand-feed.ts';
import { recordingLog, until } from './live-setup.ts';

/** A group whose first batch is not rendered until the gate is opened. */
async function heldUp(accept?: LiveSourceOptions<'post_changed'>['accept']) {
  const feed = handFeed();
  const { database, asked } = databaseOf(feed);
  const hub = new Hub<Subscriber>({ database, feed, log: recordingLog().log });
  const gate = Promise.withResolvers<void>();
  const rendered: number[] = [];
  const { subscriber, seqs } = reader();
  const leave = hub.join(
    {
      key: 'a',
      source: LiveSource.of({ topic: 'post_changed', audience: everyone, accept }, 0),
      async render(records) {
        rendered.push(...records.map(({ seq }) => seq));
        if (rendered.length <= 1) await gate.promise;
        return () => framesOf(records);
      },
    },
    subscriber,
    0,
  );
  await new Promise(setImmediate);
  feed.handOn();
  await until(() => rendered.length === 1);
  return { feed, asked, gate, rendered, seqs, leave };
}

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test('up to 1,000 events wait to be rendered; past it they are read from PostgreSQL, each once', async () => {
  const within = await heldUp();
  for (let times = 0; times < 10; times++) within.feed.handOn(100);
  within.gate.resolve();
  await until(() => within.seqs.length === 1_001);
  expect(within.asked).toEqual([]);

  for (const waiting of [0, 1, 350]) {
    const { feed, asked, gate, rendered, seqs } = await heldUp();
    for (let times = 0; times < 11; times++) feed.handOn(100);
    if (waiting > 0) feed.handOn(waiting);
    gate.resolve();
    await until(() => seqs.length === 1_101 + waiting);
    expect(seqs).toEqual(upTo(1_101 + waiting));
    expect(rendered).toEqual(seqs);
    expect(asked[0]).toBe(1);
    // From then on nothing is read for it.
    const reads = asked.length;
    feed.handOn();
    await until(() => seqs.length === 1_102 + waiting);
    expect(asked).toHaveLength(reads);
    expect(rendered).toEqual(seqs);
  }
});

test('what is dropped while the dropped is read, is read too', async () => {
  const { feed, gate, rendered, seqs } = await heldUp();
  for (let times = 0; times < 12; times++) feed.handOn(100);
  gate.resolve();
  for (let times = 0; times < 30; times++) {
    feed.handOn(100);
    await undefined;
  }
  await until(() => seqs.length === 4_201);
  expect(seqs).toEqual(upTo(4_201));
  expect(rendered).toEqual(seqs);
});

test('pages of which nothing is wanted are passed over', async () => {
  const wanted = (seq: number) => seq <= 1_101 || seq > 2_600;
  const { feed, gate, seqs } = await heldUp(({ postId }) => wanted(Number(postId)));
  for (let times = 0; times < 26; times++) feed.handOn(100);
  gate.resolve();
  await until(() => seqs.length === 1_102);
  feed.handOn();
  await until(() => seqs.length === 1_103);
  expect(seqs).toEqual(upTo(2_602).filter(wanted));
});

test('what nobody waits for any more is not read', async () => {
  const { feed, asked, gate, leave, seqs } = await heldUp();
  for (let times = 0; times < 12; times++) feed.handOn(100);
  leave();
  gate.resolve();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect([asked, seqs]).toEqual([[], []]);
});
