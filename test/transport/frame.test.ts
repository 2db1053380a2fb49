import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { frameSize, idInFrames, nextBody, writeFrame } from '../../src/transport/frame.ts';
import { openPair } from './sockets.ts';

let stream: Duplex;
let client: WebSocket;
beforeAll(async () => {
  ({ stream, client } = await openPair());
});

/** What ws reads from frames that are written at once. */
async function received(...messages: readonly (readonly [id: string, body: Buffer])[]): Promise<string[]> {
  const texts: string[] = [];
  const all = Promise.withResolvers<void>();
  client.on('message', (data, isBinary) => {
    if (isBinary) all.reject(new Error('A binary message.'));
    if (texts.push(data.toString()) === messages.length) all.resolve();
  });
  client.on('error', all.reject).on('close', all.reject);
  const size = messages.reduce((sum, [id, body]) => sum + frameSize(id, body), 0);
  const target = Buffer.alloc(size);
  let offset = 0;
  for (const [id, body] of messages) offset = writeFrame(target, offset, id, body);
  expect(offset).toBe(size);
  stream.write(target);
  await all.promise;
  client.removeAllListeners('message').removeAllListeners('error').removeAllListeners('close');
  return texts;
}

describe('a frame', () => {
  const start = '{"id":';
  const sizes = [6, 7, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 1_000_000];
  const partsOf = (size: number, idLength: number) =>
    ['i'.repeat(idLength), Buffer.from('x'.repeat(size - idLength - start.length))] as const;
  const textOf = ([id, body]: readonly [string, Buffer]) => `${start}${id}${body}`;

  test.each(sizes)('of %i bytes is read by ws as it was written', async (size) => {
    const rest = size - start.length;
    for (const idLength of [0, Math.floor(rest / 2), rest]) {
      const parts = partsOf(size, idLength);
      expect(await received(parts)).toEqual([textOf(parts)]);
    }
  });

  test('is as long as its header says', () => {
    expect(sizes.map((size) => frameSize(...partsOf(size, 0)) - size)).toEqual([
      2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 10, 10, 10,
    ]);
  });

  test('is followed by the next', async () => {
    const parts = sizes.map((size) => partsOf(size, 0));
    expect(await received(...parts)).toEqual(parts.map(textOf));
  });
});

describe('a message', () => {
  const ids = ['1', '"quoted"', '\\', '\n\u0000\u2028', 'ünïcode ✓ 👩‍🚀', '\ud800', 'x'.repeat(70_000)];
  const payloads = [{}, { data: null }, { data: { a: 'ß 👍 \ud83d alone', b: [1, null, { c: '}"' }] } }];

  test('of any id and payload is JSON in UTF-8', async () => {
    for (const id of ids) {
      const messages = payloads.map((payload) => [idInFrames(id), nextBody(payload)] as const);
      const texts = await received(...messages);
      expect(texts.map((text) => JSON.parse(text))).toEqual(
        payloads.map((payload) => ({ id, type: 'next', payload })),
      );
    }
  });
});
