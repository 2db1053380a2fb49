import type { Duplex } from 'node:stream';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';
import { frameSize, nextBody, nextPrefix, writeFrame } from '../../src/transport/frame.ts';
import { openPair } from './sockets.ts';

let stream: Duplex;
let client: WebSocket;
beforeAll(async () => {
  ({ stream, client } = await openPair());
});

/** What ws makes of frames that are written at once. */
async function received(
  ...messages: readonly (readonly [prefix: Buffer, body: Buffer])[]
): Promise<string[]> {
  const texts: string[] = [];
  const all = Promise.withResolvers<void>();
  client.on('message', (data, isBinary) => {
    if (isBinary) all.reject(new Error('A binary message.'));
    if (texts.push(data.toString()) === messages.length) all.resolve();
  });
  client.on('error', all.reject).on('close', all.reject);
  const size = messages.reduce((sum, [prefix, body]) => sum + frameSize(prefix.length + body.length), 0);
  const target = Buffer.alloc(size);
  let offset = 0;
  for (const [prefix, body] of messages) offset = writeFrame(target, offset, prefix, body);
  expect(offset).toBe(size);
  stream.write(target);
  await all.promise;
  client.removeAllListeners('message').removeAllListeners('error').removeAllListeners('close');
  return texts;
}

describe('a frame', () => {
  const sizes = [0, 1, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 1_000_000];

  test.each(sizes)('of %i bytes is read by ws as it was written', async (size) => {
    const text = 'x'.repeat(size);
    const body = Buffer.from(text);
    for (const cut of [0, Math.floor(size / 2), size])
      expect(await received([body.subarray(0, cut), body.subarray(cut)])).toEqual([text]);
  });

  test('is as long as its header says, by the length in bytes', () => {
    expect(sizes.map((size) => frameSize(size) - size)).toEqual([
      2, 2, 2, 2, 4, 4, 4, 4, 4, 4, 4, 10, 10, 10,
    ]);
  });

  test('is followed by the next', async () => {
    const texts = sizes.map((size) => 'y'.repeat(size));
    expect(await received(...texts.map((text) => [Buffer.alloc(0), Buffer.from(text)] as const))).toEqual(
      texts,
    );
  });
});

describe('a message', () => {
  const ids = ['1', '"quoted"', '\\', '\n\u0000\u2028', 'ünïcode ✓ 👩‍🚀', '\ud800', 'x'.repeat(70_000)];
  const payloads = [{}, { data: null }, { data: { a: 'ß 👍 \ud83d alone', b: [1, null, { c: '}"' }] } }];

  test('of any id and payload is JSON in UTF-8', async () => {
    for (const id of ids) {
      const messages = payloads.map((payload) => [nextPrefix(id), nextBody(payload)] as const);
      const texts = await received(...messages);
      expect(texts.map((text) => JSON.parse(text))).toEqual(
        payloads.map((payload) => ({ id, type: 'next', payload })),
      );
    }
  });
});
