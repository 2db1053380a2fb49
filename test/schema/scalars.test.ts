import fc from 'fast-check';
import { type GraphQLScalarType, parseValue } from 'graphql';
import { expect, test } from 'vitest';
import {
  GraphQLCursor,
  GraphQLDateTime,
  GraphQLEmailAddress,
  GraphQLJSONObject,
  GraphQLLiveCursor,
  GraphQLSafeInt,
  GraphQLTimeZone,
  GraphQLURL,
  GraphQLUUID,
} from '../../src/schema/scalars.ts';

const malformed = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });

/** As a variable and as a literal: a client may send it either way. */
function bothWays(scalar: GraphQLScalarType, text: string): unknown[] {
  return [scalar.parseValue(text), scalar.parseLiteral(parseValue(JSON.stringify(text)))];
}

function refusesBothWays(scalar: GraphQLScalarType, text: string): void {
  expect(() => scalar.parseValue(text), text).toThrow(malformed);
  expect(() => scalar.parseLiteral(parseValue(JSON.stringify(text))), text).toThrow(malformed);
}

test('names and descriptions are those of the contract', () => {
  const scalars = [
    GraphQLDateTime,
    GraphQLCursor,
    GraphQLLiveCursor,
    GraphQLSafeInt,
    GraphQLJSONObject,
    GraphQLTimeZone,
    GraphQLEmailAddress,
    GraphQLURL,
    GraphQLUUID,
  ];
  expect(scalars.map(({ name, description }) => [name, description])).toEqual([
    ['DateTime', 'An instant, RFC 3339 with an offset; sent in UTC with milliseconds.'],
    ['Cursor', 'An opaque position in the list that gave it, good for the same list with the same order.'],
    ['LiveCursor', 'An opaque position in the stream of live events, good for every subscription.'],
    ['SafeInt', 'A whole number from -(2^53 - 1) to 2^53 - 1.'],
    ['JSONObject', 'A JSON object.'],
    ['TimeZone', 'An IANA time zone name, such as Europe/Lisbon.'],
    ['EmailAddress', undefined],
    ['URL', 'An absolute http(s) URL.'],
    ['UUID', undefined],
  ]);
});

test.each([
  GraphQLDateTime,
  GraphQLCursor,
  GraphQLLiveCursor,
  GraphQLTimeZone,
  GraphQLEmailAddress,
  GraphQLURL,
  GraphQLUUID,
])('%s is made of a string alone', (scalar) => {
  for (const value of [0, 20261121, true, {}, ['x'], new Date()]) {
    expect(() => scalar.parseValue(value)).toThrow(malformed);
  }
  for (const literal of ['20261121', '1.5', 'true', 'UTC', '{a: 1}', '["x"]']) {
    expect(() => scalar.parseLiteral(parseValue(literal))).toThrow(malformed);
  }
  expect(() => scalar.serialize(1)).toThrow(TypeError);
  expect(() => scalar.serialize(null)).toThrow(TypeError);
});

// ---------------------------------------------------------------------------------------------------- cursors

test('cursors are strings of bounded length', () => {
  for (const scalar of [GraphQLCursor, GraphQLLiveCursor]) {
    expect(bothWays(scalar, 'WyJhIl0')).toEqual(['WyJhIl0', 'WyJhIl0']);
    expect(scalar.serialize('WyJhIl0')).toBe('WyJhIl0');
    refusesBothWays(scalar, 'a'.repeat(2_049));
  }
});

// ---------------------------------------------------------------------------------------------------- SafeInt

test('SafeInt takes whole numbers within 2^53', () => {
  for (const number of [0, 7, -7, 2 ** 31, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
    expect(GraphQLSafeInt.parseValue(number)).toBe(number);
    expect(GraphQLSafeInt.parseLiteral(parseValue(String(number)))).toBe(number);
    expect(GraphQLSafeInt.serialize(number)).toBe(number);
  }
  expect(GraphQLSafeInt.parseValue(-0)).toBe(0);
  expect(GraphQLSafeInt.parseLiteral(parseValue('-0'))).toBe(0);
});

test('SafeInt refuses everything else', () => {
  for (const value of [
    1.5,
    2 ** 53,
    -(2 ** 53),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '7',
    true,
    7n,
    {},
    [7],
  ]) {
    expect(() => GraphQLSafeInt.parseValue(value)).toThrow(malformed);
    expect(() => GraphQLSafeInt.serialize(value)).toThrow(TypeError);
  }
  for (const literal of [
    '1.0',
    '1e3',
    '9007199254740992',
    '-9007199254740993',
    '"7"',
    'true',
    'SEVEN',
    '[7]',
  ]) {
    expect(() => GraphQLSafeInt.parseLiteral(parseValue(literal)), literal).toThrow(malformed);
  }
});

// --------------------------------------------------------------------------------------------------- TimeZone

test.each([
  ['Europe/Lisbon', 'Europe/Lisbon'],
  ['europe/lisbon', 'Europe/Lisbon'],
  ['utc', 'UTC'],
  ['Etc/GMT+5', 'Etc/GMT+5'],
  ['america/port-au-prince', 'America/Port-au-Prince'],
  ['AMERICA/ARGENTINA/BUENOS_AIRES', 'America/Argentina/Buenos_Aires'],
  ['Asia/Kolkata', 'Asia/Kolkata'],
  ['Asia/Calcutta', 'Asia/Calcutta'],
  ['Europe/Kyiv', 'Europe/Kyiv'],
  ['Pacific/Apia', 'Pacific/Apia'],
])('TimeZone reads %s as %s', (text, zone) => {
  expect(bothWays(GraphQLTimeZone, text)).toEqual([zone, zone]);
});

test('TimeZone knows every zone that the runtime knows', () => {
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    expect(GraphQLTimeZone.parseValue(zone)).toBe(zone);
    expect(GraphQLTimeZone.parseValue(zone.toLowerCase())).toBe(zone);
  }
});

test.each([
  '',
  'Z',
  '+01:00',
  '-0300',
  'UTC+1',
  'GMT+5',
  'Europe/Atlantis',
  'Europe',
  ' Europe/Lisbon',
  'Europe/Lisbon ',
  'Europe/Lisbon\0',
  'PST',
  'IST',
  'SystemV/PST8PDT',
  'Etc/Unknown',
  '2026-11-21T10:00[Europe/Lisbon]',
  '../../etc/passwd',
  `Europe/${'Lisbon'.repeat(20)}`,
])('TimeZone refuses %j', (text) => {
  refusesBothWays(GraphQLTimeZone, text);
});

// ----------------------------------------------------------------------------------------------- EmailAddress

test.each([
  'a@b.co',
  'Ada.Lovelace+quests@Example.COM',
  "o'brien_{x}@sub-domain.example.museum",
  'x@1.2.example',
  'x@xn--bcher-kva.example',
  `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(58)}.io`,
])('EmailAddress takes %s as it is', (text) => {
  expect(bothWays(GraphQLEmailAddress, text)).toEqual([text, text]);
});

test.each([
  '',
  'ada',
  'ada@',
  '@example.com',
  'ada@example',
  'ada@@example.com',
  'a@b@example.com',
  ' ada@example.com',
  'ada@example.com ',
  'ada@example.com\n',
  'ada lovelace@example.com',
  '.ada@example.com',
  'ada.@example.com',
  'a..da@example.com',
  'ada@.example.com',
  'ada@example.com.',
  'ada@example..com',
  'ada@-example.com',
  'ada@example-.com',
  'ada@127.0.0.1',
  'ada@127.0.0.10',
  'ada@exam_ple.com',
  'ada@example.c',
  'Ada <ada@example.com>',
  'ada,bob@example.com',
  'ada@example.com\0',
  `${'a'.repeat(65)}@example.com`,
  `a@${'b'.repeat(64)}.com`,
  `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(59)}.io`,
])('EmailAddress refuses %j', (text) => {
  refusesBothWays(GraphQLEmailAddress, text);
});

// -------------------------------------------------------------------------------------------------------- URL

test.each([
  'http://example.com',
  'https://example.com/a/b.png?c=d&e=%20#f',
  'HTTPS://Example.com:8443/',
  'http://localhost:3000/return',
  'http://[::1]:4000/',
  'https://bücher.example/ä',
  `https://example.com/${'a'.repeat(2_028)}`,
])('URL takes %s as it is', (text) => {
  expect(bothWays(GraphQLURL, text)).toEqual([text, text]);
});

test.each([
  '',
  'example.com',
  '/a.png',
  '//example.com/a.png',
  'https:example.com',
  'https:/example.com',
  'https://',
  'https:///',
  'https://exa mple.com',
  'https://example.com/a b',
  ' https://example.com',
  'https://example.com\n',
  'https://example.com/\u0000',
  'https:\\\\example.com',
  'https://example.com\\@evil.example',
  'https://example.com:99999/',
  'https://[::1/',
  'ftp://example.com',
  'javascript:alert(1)',
  'data:text/html,x',
  `https://example.com/${'a'.repeat(2_029)}`,
])('URL refuses %j', (text) => {
  refusesBothWays(GraphQLURL, text);
});

// ------------------------------------------------------------------------------------------------------- UUID

test('URL refuses half a surrogate pair, which no document can hold', () => {
  expect(() => GraphQLURL.parseValue('https://example.com/\ud800')).toThrow(malformed);
});

test('UUID takes any of RFC 9562, in lowercase', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(bothWays(GraphQLUUID, uuid)).toEqual([uuid, uuid]);
      expect(GraphQLUUID.parseValue(uuid.toUpperCase())).toBe(uuid);
    }),
  );
  for (const digit of ['0', 'f']) {
    const uuid = '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit);
    expect(GraphQLUUID.parseValue(uuid)).toBe(uuid);
  }
});

test.each([
  '',
  '01890a5dac96774bbcceb302099a8057',
  '{01890a5d-ac96-774b-bcce-b302099a8057}',
  'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057',
  '01890a5d-ac96-774b-bcce-b302099a805',
  '01890a5d-ac96-774b-bcce-b302099a80577',
  '01890a5d-ac96-774b-bcce-b302099a805g',
  '01890a5d-ac96-774b-bcceb-302099a8057',
  ' 01890a5d-ac96-774b-bcce-b302099a8057',
  '01890a5d-ac96-774b-bcce-b302099a8057\n',
])('UUID refuses %j', (text) => {
  refusesBothWays(GraphQLUUID, text);
});
