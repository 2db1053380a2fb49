import { once } from 'node:events';
import { expect, test } from 'vitest';
import { nextBody } from '../../src/transport/frame.ts';
import { LiveSubscriber } from '../../src/transport/live-subscriber.ts';
import { free, openPair, stateOf } from './sockets.ts';

const frame = (seq: number, length = 17) => ({ seq, body: nextBody('x'.repeat(length)) });

/** A quarter of the bytes that may be waiting. */
const large = 65_536;

const next = (id: string | undefined, length: number) => ({
  id,
  type: 'next',
  payload: 'x'.repeat(length),
});

async function open(id = 'x') {
  const pair = await openPair();
  const texts: string[] = [];
  pair.client.on('message', (data) => void texts.push(data.toString()));
  const ends: unknown[] = [];
  let slow = 0;
  const state = stateOf(null, { ...pair, onSlow: () => void slow++ });
  const subscriber = new LiveSubscriber(state, id, free, (error) => void ends.push(error));
  return { ...pair, subscriber, texts, ends, slow: () => slow };
}

/** The messages received, once there are `count` of them. */
async function messagesOf(
  { client, texts }: Pick<Awaited<ReturnType<typeof open>>, 'client' | 'texts'>,
  count: number,
): Promise<{ id: string }[]> {
  while (texts.length < count) await once(client, 'message');
  return texts.map((text) => JSON.parse(text));
}

test('many frames are one write, each with the id, beside those of ws', async () => {
  const { client, socket, stream, subscriber, texts } = await open();
  let writes = 0;
  const write = stream.write.bind(stream);
  stream.write = (chunk: Buffer) => {
    writes++;
    return write(chunk);
  };
  expect(subscriber.write([frame(1), frame(2), frame(3)])).toBe(3);
  expect(writes).toBe(1);
  socket.send('"of ws"');
  expect(subscriber.write([frame(4)])).toBe(1);
  const before = writes;
  expect(subscriber.write([])).toBe(0);
  expect(writes).toBe(before);
  socket.close();
  await once(client, 'close');
  const each = next('x', 17);
  expect(texts.map((text) => JSON.parse(text))).toEqual([each, each, each, 'of ws', each]);
});

test('one batch for many is written with the id of each', async () => {
  const ids = ['a', 'b', 'a longer one', 'ü', 'c'];
  const readers = await Promise.all(ids.map((id) => open(id)));
  const other = await open();
  const batch = [frame(1), frame(2, 300)];
  for (const [index, { subscriber }] of readers.entries()) {
    expect(subscriber.write(batch)).toBe(2);
    // Another batch between two of them, with as many frames.
    if (index === 0) other.subscriber.write([frame(3, 18), frame(4, 299)]);
  }
  for (const [index, reader] of readers.entries())
    expect(await messagesOf(reader, 2)).toEqual([next(ids[index], 17), next(ids[index], 300)]);
  expect(await messagesOf(other, 2)).toEqual([next('x', 18), next('x', 299)]);
});

test('who has room for one gets one, where another had the whole batch', async () => {
  const [ample, scant] = await Promise.all([open('a'), open('s')]);
  const batch = [frame(1), frame(2, 300)];
  ample.subscriber.write(batch);
  Object.defineProperty(scant.stream, 'writableLength', { value: 256 * 1024 - 1 });
  expect(scant.subscriber.write(batch)).toBe(1);
  scant.socket.close();
  await once(scant.client, 'close');
  expect(await messagesOf(scant, 1)).toEqual([next('s', 17)]);
});

test('what waits at a full socket stays what it was, whatever is written to others', async () => {
  const [full, other] = await Promise.all([open('full'), open('othr')]);
  full.client.pause();
  const batch = [frame(1, large)];
  let [given, others] = [0, 0];
  while (full.subscriber.write(batch) > 0) {
    given++;
    others += other.subscriber.write(batch);
  }
  expect(full.stream.writableLength).toBeGreaterThan(0);
  full.client.resume();
  const messages = await Promise.all([messagesOf(full, given), messagesOf(other, others)]);
  expect(messages.map((all) => new Set(all.map(({ id }) => id)))).toEqual([
    new Set(['full']),
    new Set(['othr']),
  ]);
});

test('past what may wait it takes no more, and has room again once all is on its way', async () => {
  const { client, stream, subscriber, texts } = await open();
  client.pause();
  let given = 0;
  // More than the operating system buffers.
  for (let taken = 1; taken > 0; given += taken) {
    taken = subscriber.write(Array.from({ length: 40 }, (_, index) => frame(given + index, large)));
    await new Promise(setImmediate);
  }
  expect(subscriber.hasRoom()).toBe(false);
  expect(stream.writableLength).toBeGreaterThanOrEqual(256 * 1024);
  expect(stream.writableLength).toBeLessThan(256 * 1024 + 2 * large);
  client.resume();
  while (texts.length < given) await once(client, 'message');
  expect(subscriber.hasRoom()).toBe(true);
  expect(subscriber.write([frame(1), frame(2)])).toBe(2);
});

test('a burst is taken as far as there is room, and no further', async () => {
  const { subscriber, client } = await open();
  client.pause();
  const burst = Array.from({ length: 100 }, (_, index) => frame(index, large));
  expect(subscriber.write(burst)).toBe(4);
});

test('after the closing frame nothing is written, and nothing waits', async () => {
  const { client, socket, stream, subscriber, texts } = await open();
  socket.close(1000);
  stream.write = () => {
    throw new Error('No frame may follow.');
  };
  expect(subscriber.hasRoom()).toBe(true);
  expect(subscriber.write([frame(1), frame(2)])).toBe(2);
  await once(client, 'close');
  expect(texts).toEqual([]);
});

test('a stream that is gone takes what comes, and throws nothing', async () => {
  const { stream, subscriber, socket } = await open();
  socket.on('error', () => undefined);
  stream.destroy();
  expect(() => subscriber.write([frame(1)])).not.toThrow();
  await once(socket, 'close');
  expect(subscriber.write([frame(1), frame(2)])).toBe(2);
});

test('waits for room only where there is none', async () => {
  const { stream, client, socket } = await open();
  let waits = 0;
  const state = stateOf(null, { stream, socket, drained: async () => void waits++ });
  const subscriber = new LiveSubscriber(state, 'x', free, () => undefined);
  await subscriber.drained();
  expect(waits).toBe(0);
  client.pause();
  while (subscriber.write([frame(1, large)]) > 0) await new Promise(setImmediate);
  await subscriber.drained();
  expect(waits).toBe(1);
});

test('says that it is slow, and how it ends', async () => {
  const { subscriber, ends, slow } = await open();
  subscriber.tooSlow();
  expect(slow()).toBe(1);
  const error = new Error('over');
  subscriber.end(error);
  expect(ends).toEqual([error]);
});
