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

/** As a variable and as a literal, since a client may send either. */
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
    ['Cursor', 'An opaque position in a list, valid for the same list in the same order.'],
    ['LiveCursor', 'An opaque position in the stream of live events, valid for every subscription.'],
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

// ------------------------------------------------------------------------------------- what the rules of fields judge

test.each([GraphQLTimeZone, GraphQLEmailAddress, GraphQLURL])(
  '%s leaves any text to the rule of its field',
  (scalar) => {
    for (const text of ['', 'Europe/Lisbon', 'anything at all', ' ', '\u0000', 'x'.repeat(100_000)]) {
      expect(bothWays(scalar, text)).toEqual([text, text]);
    }
  },
);

// ------------------------------------------------------------------------------------------------------- UUID

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
