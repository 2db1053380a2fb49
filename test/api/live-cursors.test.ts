import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { LiveCursorDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';

const { client: nobody, seed, site } = await startApp();

let person: Person;
let collectionId: string;
let cursor: string;
beforeAll(async () => {
  person = await seed.user();
  ({ id: collectionId } = await seed.collection(person));
  await seed.post(person);
  await site.settled();
  cursor = (await nobody.run(LiveCursorDocument)).liveCursor;
});

const open = () => Socket.acknowledged(nobody, { authorization: `Bearer ${person.accessToken}` });
const fields = () => [
  'questCompleted(after: $after) { cursor }',
  'notificationReceived(after: $after) { cursor }',
  'questProgressed(after: $after) { cursor }',
  'walletChanged(after: $after) { cursor }',
  'postChanged(after: $after) { cursor }',
  `collectionChanged(collectionId: "${collectionId}", after: $after) { cursor }`,
];

async function codesOf(socket: Socket, field: string, after: string): Promise<string[]> {
  const query = `subscription ($after: LiveCursor) { ${field} }`;
  socket.send({ id: 'x', type: 'subscribe', payload: { query, variables: { after } } });
  return socket.codes();
}

/** A cursor in the format of earlier releases. */
function withChecksum(seq: bigint): string {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(seq);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8), crc32('questline:live:1')), 8);
  return bytes.toString('base64url');
}

/** The text with each of its bits flipped in turn. */
function flipped(text: string): string[] {
  const bytes = Buffer.from(text, 'base64url');
  return Array.from({ length: bytes.length * 8 }, (_, bit) => {
    const other = Buffer.from(bytes);
    other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    return other.toString('base64url');
  });
}

describe('a cursor that the server did not give', () => {
  test('is BAD_USER_INPUT, whichever bit of it is another', async () => {
    const socket = await open();
    for (const forged of flipped(cursor))
      expect(await codesOf(socket, 'postChanged(after: $after) { cursor }', forged), forged).toEqual([
        'BAD_USER_INPUT',
      ]);
  });

  test('is BAD_USER_INPUT for every subscription', async () => {
    const socket = await open();
    const bytes = Buffer.from(cursor, 'base64url');
    const forged = [
      withChecksum(0n),
      withChecksum(1n),
      '',
      `${cursor}=`,
      `${cursor}A`,
      cursor.slice(0, -1),
      bytes.toString('hex'),
      `${bytes.subarray(0, 8).toString('base64url')}${'A'.repeat(13)}`,
    ];
    for (const field of fields()) {
      for (const after of forged)
        expect(await codesOf(socket, field, after), `${field} ${after}`).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('but another site with other keys did, is BAD_USER_INPUT', async () => {
    const elsewhere = await startApp({}, await createSite());
    const { liveCursor } = await elsewhere.client.run(LiveCursorDocument);
    const socket = await open();
    expect(await codesOf(socket, 'postChanged(after: $after) { cursor }', liveCursor)).toEqual([
      'BAD_USER_INPUT',
    ]);
  });
});

test('a cursor is good in every process of the site, and for every subscription', async () => {
  const second = await startApp({}, site);
  await seed.post(person);
  const socket = await Socket.acknowledged(second.client, {});
  const query = 'subscription ($after: LiveCursor) { postChanged(after: $after) { action cursor } }';
  socket.send({ id: 'x', type: 'subscribe', payload: { query, variables: { after: cursor } } });
  const { payload } = await socket.receive('next');
  expect(payload).toMatchObject({ data: { postChanged: { action: 'CREATED' } } });
});
