import { GraphQLScalarType, Kind } from 'graphql';
import { maxCursorLength } from '../domain/cursor.ts';
import { badUserInput } from '../domain/errors.ts';
import { parseInstant } from './instant.ts';

export { GraphQLJSONObject } from './json-object.ts';

// Email addresses, URLs, time zones and dates are typed by people: the scalar accepts any text, and the rule
// of the field (domain/fields.ts) says what is wrong with it, along with the errors of other fields. A value
// that is not a string is refused at once.

/**
 * Input: a Date, which is invalid for malformed text. Output: a Date or a string of that form, in UTC with
 * milliseconds.
 */
export const GraphQLDateTime = textScalar<Date>({
  name: 'DateTime',
  description: 'An instant, RFC 3339 with an offset; sent in UTC with milliseconds.',
  expected: 'a string, such as "2026-11-21T10:00:00Z"',
  read: (text) => parseInstant(text) ?? new Date(Number.NaN),
  write(value) {
    const instant = typeof value === 'string' ? parseInstant(value) : value;
    if (instant instanceof Date) return instant.toISOString();
    throw new TypeError('DateTime is a Date or an RFC 3339 string.');
  },
});

export const GraphQLCursor = textScalar<string>({
  name: 'Cursor',
  description: 'An opaque position in a list, valid for the same list in the same order.',
  expected: 'a cursor from a list',
  read: cursorOf,
});

export const GraphQLLiveCursor = textScalar<string>({
  name: 'LiveCursor',
  description: 'An opaque position in the stream of live events, valid for every subscription.',
  expected: 'a cursor from the stream of live events',
  read: cursorOf,
});

export const GraphQLTimeZone = textScalar<string>({
  name: 'TimeZone',
  description: 'An IANA time zone name, such as Europe/Lisbon.',
  expected: 'a string, such as "Europe/Lisbon"',
  read: asTyped,
});

export const GraphQLEmailAddress = textScalar<string>({
  name: 'EmailAddress',
  expected: 'a string, such as "ada@example.com"',
  read: asTyped,
});

export const GraphQLURL = textScalar<string>({
  name: 'URL',
  description: 'An absolute http(s) URL.',
  expected: 'a string, such as "https://example.com"',
  read: asTyped,
});

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Input: converted to lower case. Accepts every version of RFC 9562, including the nil and the max UUID. */
export const GraphQLUUID = textScalar<string>({
  name: 'UUID',
  expected: 'a UUID, such as 01926d3e-7c1a-7b6e-9f58-0242ac120002',
  read(text) {
    const lowercase = text.toLowerCase();
    return uuid.test(lowercase) ? lowercase : undefined;
  },
});

export const GraphQLSafeInt = new GraphQLScalarType<number, number>({
  name: 'SafeInt',
  description: 'A whole number from -(2^53 - 1) to 2^53 - 1.',
  parseValue: safeIntOf,
  parseLiteral(node) {
    if (node.kind !== Kind.INT) throw malformed('SafeInt', safeIntExpected, { nodes: node });
    return safeIntOf(Number(node.value));
  },
  serialize(value) {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw new TypeError('SafeInt is a whole number within 2^53.');
  },
});

const safeIntExpected = 'a whole number from -(2^53 - 1) to 2^53 - 1';

function safeIntOf(value: unknown): number {
  // Adding 0 turns -0, which no bigint can hold, into 0.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0;
  throw malformed('SafeInt', safeIntExpected);
}

interface TextScalar<Value> {
  readonly name: string;
  readonly description?: string;
  /** Completes the sentence "<name> must be …". */
  readonly expected: string;
  /** Returns undefined if the text is malformed. */
  readonly read: (text: string) => Value | undefined;
  /** If left out, strings are sent as they are. */
  readonly write?: (value: unknown) => string;
}

function textScalar<Value>({ name, description, expected, read, write }: TextScalar<Value>) {
  const parse = (value: unknown, nodes?: Parameters<typeof malformed>[2]): Value => {
    const parsed = typeof value === 'string' ? read(value) : undefined;
    if (parsed === undefined) throw malformed(name, expected, nodes);
    return parsed;
  };
  return new GraphQLScalarType<Value, string>({
    name,
    description,
    parseValue: (value) => parse(value),
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, { nodes: node }),
    serialize: write ?? ((value) => textOf(name, value)),
  });
}

/** @throws TypeError if it is not a string; a malformed output is the server's fault, not the client's */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} is a string.`);
}

function malformed(name: string, expected: string, options?: Parameters<typeof badUserInput>[1]) {
  return badUserInput(`${name} must be ${expected}.`, options);
}

/** Accepts any text. */
function asTyped(text: string): string {
  return text;
}

function cursorOf(text: string): string | undefined {
  return text.length <= maxCursorLength ? text : undefined;
}
