import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type CursorKey,
  type CursorKeyType,
  decodeCursor,
  encodeCursor,
  maxCursorLength,
} from '../../src/domain/cursor.ts';

const list = 'quests.newest';
const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
const notOfThisList = expect.objectContaining({
  message: 'The cursor does not belong to this list.',
  extensions: { code: 'BAD_USER_INPUT' },
});

const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
const key: fc.Arbitrary<{ type: CursorKeyType; value: CursorKey }> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), value: text }),
  fc.record({ type: fc.constant('uuid' as const), value: fc.uuid() }),
  fc.record({ type: fc.constant('integer' as const), value: fc.integer() }),
  fc.record({ type: fc.constant('bigint' as const), value: fc.maxSafeInteger() }),
  fc.record({
    type: fc.constant('double precision' as const),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  }),
  fc.record({
    type: fc.constant('timestamptz' as const),
    value: fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    }),
  }),
);

test('keys come back from a cursor exactly as they went in', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), (keys) => {
      const values = keys.map(({ value }) => value);
      const cursor = encodeCursor(list, values);
      expect(cursor).toMatch(/^[\w-]+$/);
      expect(
        decodeCursor(
          list,
          cursor,
          keys.map(({ type }) => type),
        ),
      ).toEqual(values);
    }),
  );
});

test('the longest title of the widest characters makes a cursor that is short enough', () => {
  const cursor = encodeCursor('collectionPosts.TITLE_DESC', ['🎲'.repeat(200), uuid]);
  expect(cursor.length).toBeLessThan(maxCursorLength);
});

test('a cursor is good for its own list and order only', () => {
  const cursor = encodeCursor(list, [uuid]);
  expect(decodeCursor(list, cursor, ['uuid'])).toEqual([uuid]);
  expect(() => decodeCursor('quests.oldest', cursor, ['uuid'])).toThrow(notOfThisList);
  expect(() => decodeCursor('rewards.newest', cursor, ['uuid'])).toThrow(notOfThisList);
  expect(() => decodeCursor(list, cursor, ['uuid', 'uuid'])).toThrow(notOfThisList);
  expect(() => decodeCursor(list, cursor, [])).toThrow(notOfThisList);
});

const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

test.each<[string, CursorKeyType, unknown]>([
  ['text for a number', 'bigint', '7'],
  ['a number for text', 'text', 7],
  ['null', 'text', null],
  ['an object', 'text', {}],
  ['no uuid', 'uuid', 'x'],
  ['an uppercase uuid', 'uuid', uuid.toUpperCase()],
  ['a fraction', 'bigint', 1.5],
  ['a whole number past 2^53', 'bigint', 2 ** 53],
  ['an int past 32 bits', 'integer', 2 ** 31],
  ['an instant before the year 1', 'timestamptz', -62_135_596_800_001],
  ['an instant after the year 9999', 'timestamptz', 253_402_300_800_000],
  ['an instant with a fraction', 'timestamptz', 0.5],
  ['an instant as text', 'timestamptz', '2026-11-21T00:00:00.000Z'],
  ['NUL, which PostgreSQL cannot store', 'text', 'a\0b'],
  ['half a surrogate pair', 'text', '\ud800'],
])('a key may not be %s', (_, type, value) => {
  expect(() => decodeCursor(list, made(list, value), [type])).toThrow(notOfThisList);
});

test.each([
  ['nothing', ''],
  ['words', 'not a cursor'],
  ['no JSON', Buffer.from('quests').toString('base64url')],
  ['null', Buffer.from('null').toString('base64url')],
  ['no array', Buffer.from('{"0":"quests.newest","length":2}').toString('base64url')],
  ['an infinite number', Buffer.from(`["${list}",1e999]`).toString('base64url')],
  ['spaces in the JSON', Buffer.from(`["${list}", "a"]`).toString('base64url')],
  ['another spelling of a string', Buffer.from(`["${list}","\\u0061"]`).toString('base64url')],
  ['bytes that are no UTF-8', Buffer.from(`["${list}","\xff"]`, 'latin1').toString('base64url')],
  ['padding', `${made(list, 'a')}=`],
  ['a character of no alphabet', `${made(list, 'a')}!`],
  ['a space in it', `${made(list, 'a').slice(0, 4)} ${made(list, 'a').slice(4)}`],
  ['too long', made(list, 'a'.repeat(maxCursorLength))],
])('%s is no cursor', (_, cursor) => {
  expect(() => decodeCursor(list, cursor, ['text'])).toThrow(notOfThisList);
  expect(() => decodeCursor(list, cursor, ['double precision'])).toThrow(notOfThisList);
});

test('bits that base64 leaves over are not read over', () => {
  // "YQ" and "YR" both decode to the byte of "a".
  const cursor = made(list, 'ab');
  const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => cursor.slice(0, -1) + letter);
  const same = spellings.filter(
    (spelling) =>
      Buffer.from(spelling, 'base64url').equals(Buffer.from(cursor, 'base64url')) && spelling !== cursor,
  );
  expect(same.length).toBeGreaterThan(0);
  for (const spelling of same) expect(() => decodeCursor(list, spelling, ['text'])).toThrow(notOfThisList);
});

test('a row without a key of its list is the mistake of the server', () => {
  expect(() => encodeCursor(list, [Number.NaN])).toThrow(TypeError);
  expect(() => encodeCursor(list, [new Date(Number.NaN)])).toThrow(TypeError);
});
