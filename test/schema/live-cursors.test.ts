import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCursor } from '../../src/domain/cursor.ts';
import { LiveCursors } from '../../src/schema/live-cursors.ts';

const key = createSecretKey(Buffer.alloc(32, 7));
const cursors = new LiveCursors(key);
const refused = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });

test('a live cursor leads back to its seq, in every process that has the key', () => {
  const other = new LiveCursors(key);
  fc.assert(
    fc.property(fc.maxSafeNat(), (seq) => {
      const cursor = cursors.encode(seq);
      expect(cursor).toMatch(/^[\w-]{24}$/);
      expect(other.decode(cursor)).toBe(seq);
      expect(other.of({ seq })).toBe(cursor);
    }),
  );
  for (const seq of [0, Number.MAX_SAFE_INTEGER]) expect(cursors.decode(cursors.encode(seq))).toBe(seq);
});

test('what the server did not give is no live cursor', () => {
  const cursor = cursors.encode(4711);
  const bytes = Buffer.from(cursor, 'base64url');
  const place = bytes.subarray(0, 8);
  const sealed = (mac: Buffer) => Buffer.concat([place, mac.subarray(0, 10)]).toString('base64url');
  const forged = [
    '',
    '4711',
    `${cursor}A`,
    `${cursor}AAAA`,
    cursor.slice(1),
    cursor.slice(0, -4),
    `${cursor}=`,
    ` ${cursor}`,
    `${cursor}\n`,
    bytes.toString('hex'),
    encodeCursor('posts', [1]),
    new LiveCursors(createSecretKey(randomBytes(32))).encode(4711),
    sealed(createHmac('sha256', '').update(place).digest()),
    sealed(Buffer.alloc(10)),
  ];
  for (const other of forged) expect(() => cursors.decode(other), other).toThrow(refused);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(() => cursors.decode(flipped.toString('base64url')), `bit ${bit}`).toThrow(refused);
  }
  fc.assert(
    fc.property(fc.string(), fc.stringMatching(/^[A-Za-z0-9_-]{24}$/), (...others) => {
      for (const other of others) expect(() => cursors.decode(other)).toThrow(refused);
    }),
  );
});

test('each has one spelling: the letters of the other alphabet are refused', () => {
  const spelt = Array.from({ length: 200 }, (_, seq) => cursors.encode(seq)).filter((cursor) =>
    /[-_]/.test(cursor),
  );
  expect(spelt.length).toBeGreaterThan(50);
  for (const cursor of spelt) {
    const other = cursor.replaceAll('-', '+').replaceAll('_', '/');
    expect(() => cursors.decode(other), other).toThrow(refused);
  }
});

test('a cursor with a checksum, as an earlier release gave them, is refused', () => {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(4711n);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8), crc32('questline:live:1')), 8);
  expect(() => cursors.decode(bytes.toString('base64url'))).toThrow(refused);
});
