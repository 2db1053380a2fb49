import { GraphQLScalarType, Kind } from 'graphql';
import { Temporal } from 'temporal-polyfill';
import { maxCursorLength } from './cursor.ts';
import { badUserInput } from './errors.ts';
import { parseInstant } from './instant.ts';

export { GraphQLJSONObject } from './json-object.ts';

/** In: a Date. Out: a Date or a string of the same form, in UTC with milliseconds. */
export const GraphQLDateTime = textScalar<Date>({
  name: 'DateTime',
  description: 'An instant, RFC 3339 with an offset; sent in UTC with milliseconds.',
  expected: 'an RFC 3339 date-time with an offset, such as 2026-11-21T10:00:00Z',
  read: parseInstant,
  write(value) {
    const instant = typeof value === 'string' ? parseInstant(value) : value;
    if (instant instanceof Date) return instant.toISOString();
    throw new TypeError('DateTime is a Date or an RFC 3339 string.');
  },
});

export const GraphQLCursor = textScalar<string>({
  name: 'Cursor',
  description: 'An opaque position in the list that gave it, good for the same list with the same order.',
  expected: 'a cursor that a list gave',
  read: cursorOf,
});

export const GraphQLLiveCursor = textScalar<string>({
  name: 'LiveCursor',
  description: 'An opaque position in the stream of live events, good for every subscription.',
  expected: 'a cursor that the stream of live events gave',
  read: cursorOf,
});

/** In: the name as it was given, in the letter case of the IANA database. */
export const GraphQLTimeZone = textScalar<string>({
  name: 'TimeZone',
  description: 'An IANA time zone name, such as Europe/Lisbon.',
  expected: 'an IANA time zone name, such as Europe/Lisbon',
  read: timeZoneOf,
});

// Dot-atoms of RFC 5322 before the @; a host of at least two labels after it, whose last is no number.
const emailAddress =
  /^(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+(?!\d+$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])$/i;

export const GraphQLEmailAddress = textScalar<string>({
  name: 'EmailAddress',
  expected: 'an email address, such as ada@example.com',
  read: (text) => (text.length <= 254 && emailAddress.test(text) ? text : undefined),
});

/** In: as it was given. */
export const GraphQLURL = textScalar<string>({
  name: 'URL',
  description: 'An absolute http(s) URL.',
  expected: 'an absolute http or https URL of at most 2,048 characters',
  read: urlOf,
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

function cursorOf(text: string): string | undefined {
  return text.length <= maxCursorLength ? text : undefined;
}

// Neither offsets, which Intl takes for zones, nor the names that only ICU knows.
const zoneName = /^(?!SystemV\/)[a-z][\w+-]*(?:\/[\w+-]+)*$/i;

/**
 * Temporal keeps the name that was given, as Intl does not: that makes Asia/Calcutta of Asia/Kolkata and
 * America/Panama of EST.
 */
function timeZoneOf(text: string): string | undefined {
  if (text.length > 64 || !zoneName.test(text)) return undefined;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Not left to the URL class alone: it takes "https:example", tabs, spaces around, and backslashes for slashes. */
const httpUrl = /^https?:\/\/[^\s\\\p{Cc}]+$/iu;

function urlOf(text: string): string | undefined {
  return text.length <= 2048 && text.isWellFormed() && httpUrl.test(text) && URL.canParse(text)
    ? text
    : undefined;
}
