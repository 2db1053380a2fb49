import fc from 'fast-check';
import { parseValue } from 'graphql';
import { expect, test } from 'vitest';
import { GraphQLJSONObject } from '../../src/schema/scalars.ts';

const malformed = expect.objectContaining({ extensions: { code: 'BAD_USER_INPUT' } });

const readLiteral = (text: string, variables?: Record<string, unknown>) =>
  GraphQLJSONObject.parseLiteral(parseValue(text), variables);

test('JSONObject keeps what JSON can hold', () => {
  const object = { a: [1, -2.5, 'x', true, null, { b: {} }], constructor: 'x', '': 0 };
  expect(GraphQLJSONObject.parseValue(object)).toEqual(object);
  expect(GraphQLJSONObject.serialize(object)).toBe(object);
  expect(readLiteral('{ a: [1, -2.5e1, "x", true, null, { b: {} }], hasOwnProperty: 1 }')).toEqual({
    a: [1, -25, 'x', true, null, { b: {} }],
    hasOwnProperty: 1,
  });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 8 })), (value) => {
      fc.pre(!JSON.stringify(value).includes('__proto__'));
      expect(GraphQLJSONObject.parseValue(value)).toEqual(value);
    }),
  );
});

test('JSONObject is an object', () => {
  for (const value of ['{}', 1, true, [], [{}], new Date()]) {
    expect(() => GraphQLJSONObject.parseValue(value)).toThrow(malformed);
  }
  for (const literal of ['"{}"', '1', 'true', '[]', 'NAME', 'null']) {
    expect(() => readLiteral(literal), literal).toThrow(malformed);
  }
  for (const value of ['{}', 1, [], null, undefined]) {
    expect(() => GraphQLJSONObject.serialize(value)).toThrow(TypeError);
  }
});

test('JSONObject has no key that stands for the prototype', () => {
  for (const json of ['{"__proto__":{"admin":true}}', '{"a":[{"__proto__":1}]}']) {
    expect(() => GraphQLJSONObject.parseValue(JSON.parse(json))).toThrow(malformed);
  }
  expect(() => readLiteral('{ __proto__: { admin: true } }')).toThrow(malformed);
  expect(() => readLiteral('{ a: $x }', { x: JSON.parse('{"__proto__":1}') })).toThrow(malformed);
});

test('JSONObject holds no values that JSON cannot say', () => {
  for (const value of [Number.POSITIVE_INFINITY, Number.NaN, undefined, () => 1, 1n, Symbol('x')]) {
    expect(() => GraphQLJSONObject.parseValue({ a: value })).toThrow(malformed);
  }
  expect(() => readLiteral('{ a: 1e999 }')).toThrow(malformed);
  expect(() => readLiteral('{ a: NAME }')).toThrow(malformed);
});

test('JSONObject is 32 levels deep at most', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: nested(levels - 1) });
  const nestedText = (levels: number): string => (levels === 0 ? '1' : `{ a: ${nestedText(levels - 1)} }`);
  const lists = (levels: number): unknown => (levels === 0 ? [] : [lists(levels - 1)]);
  expect(GraphQLJSONObject.parseValue(nested(32))).toEqual(nested(32));
  expect(readLiteral(nestedText(32))).toEqual(nested(32));
  expect(() => GraphQLJSONObject.parseValue(nested(33))).toThrow(malformed);
  expect(() => readLiteral(nestedText(33))).toThrow(malformed);
  expect(() => GraphQLJSONObject.parseValue({ a: lists(31) })).toThrow(malformed);
  expect(() => readLiteral(`{ a: ${'['.repeat(32)}${']'.repeat(32)} }`)).toThrow(malformed);
  expect(readLiteral('{ a: $x }', { x: nested(31) })).toEqual(nested(32));
  expect(() => readLiteral('{ a: $x }', { x: nested(32) })).toThrow(malformed);
});

test('variables inside a literal are its values', () => {
  const variables = { n: 1, at: new Date('2026-11-21T10:00:00Z'), list: [{ at: new Date(0) }], none: null };
  expect(
    readLiteral('{ n: $n, at: $at, list: $list, none: $none, left: $out, in: [$out] }', variables),
  ).toEqual({
    n: 1,
    at: '2026-11-21T10:00:00.000Z',
    list: [{ at: '1970-01-01T00:00:00.000Z' }],
    none: null,
    in: [null],
  });
  // There are no variables while a document is validated.
  expect(readLiteral('{ n: $n }')).toEqual({});
});
