import { once } from 'node:events';
import { expect, test } from 'vitest';
import { LiveSubscriber } from '../../src/transport/live-subscriber.ts';
import { openPair, stateOf } from './sockets.ts';

const frame = (seq: number, size = 20) => ({ seq, body: Buffer.from(`"${'x'.repeat(size - 3)}"}`) });

/** A quarter of what may wait. */
const large = 65_536;

async function open(id = 'x') {
  const pair = await openPair();
  const texts: string[] = [];
  pair.client.on('message', (data) => void texts.push(data.toString()));
  const ends: unknown[] = [];
  let slow = 0;
  const state = stateOf(null, { ...pair, onSlow: () => void slow++ });
  const subscriber = new LiveSubscriber(state, id, (error) => void ends.push(error));
  return { ...pair, subscriber, texts, ends, slow: () => slow };
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
  const next = { id: 'x', type: 'next', payload: 'x'.repeat(17) };
  expect(texts.map((text) => JSON.parse(text))).toEqual([next, next, next, 'of ws', next]);
});

test('past what may wait it takes no more, and has room again once all is on its way', async () => {
  const { client, stream, subscriber, texts } = await open();
  client.pause();
  let given = 0;
  // More than the operating system takes.
  for (let taken = 1; taken > 0; given += taken) {
    taken = subscriber.write(Array.from({ length: 40 }, (_, index) => frame(given + index, large)));
    await new Promise(setImmediate);
  }
  expect(stream.writableLength).toBeGreaterThanOrEqual(256 * 1024);
  expect(stream.writableLength).toBeLessThan(256 * 1024 + 2 * large);
  client.resume();
  while (texts.length < given) await once(client, 'message');
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
  const subscriber = new LiveSubscriber(state, 'x', () => undefined);
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
