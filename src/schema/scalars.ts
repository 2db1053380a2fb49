import { GraphQLScalarType, Kind } from 'graphql';
import { maxCursorLength } from '../domain/cursor.ts';
import { badUserInput } from '../domain/errors.ts';
import { parseInstant } from './instant.ts';

export { GraphQLJSONObject } from './json-object.ts';

// A person types email addresses, URLs, zones and dates: any text gets through here, and the rule of the field
// (domain/fields.ts) says what is wrong with it, beside what is wrong with the other fields. A client that
// sends no text at all is told at once.

/** In: a Date, an invalid one for malformed text. Out: a Date or a string of that form, in UTC with milliseconds. */
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

/** In: lowercase; every version of RFC 9562, the nil and the max UUID too. */
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
  // Adding 0 makes 0 of -0, which no bigint knows.
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value + 0;
  throw malformed('SafeInt', safeIntExpected);
}

interface TextScalar<Value> {
  readonly name: string;
  readonly description?: string;
  /** Completes "must be" for a person. */
  readonly expected: string;
  /** undefined where the text is malformed */
  readonly read: (text: string) => Value | undefined;
  /** Left out: the server's strings go out as they are. */
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

/** @throws TypeError: what goes out wrong is the server's fault, not the client's. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} is a string.`);
}

function malformed(name: string, expected: string, options?: Parameters<typeof badUserInput>[1]) {
  return badUserInput(`${name} must be ${expected}.`, options);
}

/** Whatever it says. */
function asTyped(text: string): string {
  return text;
}

function cursorOf(text: string): string | undefined {
  return text.length <= maxCursorLength ? text : undefined;
}
