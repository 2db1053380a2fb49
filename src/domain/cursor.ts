import { badUserInput } from './errors.ts';

/** The SQL types by which lists may be ordered: each comes back from a cursor exactly as it went in. */
export type CursorKeyType = 'timestamptz' | 'text' | 'uuid' | 'integer' | 'bigint' | 'double precision';
export type CursorKey = Date | string | number;

/** The longest cursor: a key of 200 characters of 4 bytes, a uuid and the list's name fit well into it. */
export const maxCursorLength = 2048;

/**
 * The position of a row in a list, as base64url of a JSON array.
 * @param list the list's name with its order, so that a cursor is good for no other
 * @throws TypeError where a key is missing or no finite number
 */
export function encodeCursor(list: string, keys: readonly CursorKey[]): string {
  return Buffer.from(JSON.stringify([list, ...keys.map(jsonOf)])).toString('base64url');
}

function jsonOf(key: CursorKey): string | number {
  const value = key instanceof Date ? key.getTime() : key;
  if (typeof value === 'string' || Number.isFinite(value)) return value;
  throw new TypeError('A row lacks a key of its list.');
}

/**
 * The keys that a cursor carries, ready to be bound as parameters of these SQL types.
 * @throws GraphQLError BAD_USER_INPUT where this list did not make it
 */
export function decodeCursor(list: string, cursor: string, types: readonly CursorKeyType[]): CursorKey[] {
  const [, ...values] = partsOf(cursor);
  const keys = types.map((type, index) => keyOf(type, values[index]));
  // Made again of its keys it must be the same: the same list, no key more, and each position has one spelling.
  if (encodeCursor(list, keys) !== cursor) throw notOfThisList();
  return keys;
}

function partsOf(cursor: string): unknown[] {
  if (cursor.length > maxCursorLength) throw notOfThisList();
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch (error) {
    if (error instanceof SyntaxError) throw notOfThisList();
    throw error;
  }
  if (!Array.isArray(parts)) throw notOfThisList();
  return parts;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const firstInstant = Date.parse('0001-01-01T00:00:00.000Z');
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');

/** Whatever PostgreSQL would refuse as a value of the type is refused here, so that it is no error of the server. */
function keyOf(type: CursorKeyType, value: unknown): CursorKey {
  if (typeof value === 'string') {
    if (type === 'text' && value.isWellFormed() && !value.includes('\0')) return value;
    if (type === 'uuid' && uuidPattern.test(value)) return value;
  } else if (typeof value === 'number' && Number.isFinite(value)) {
    if (type === 'double precision') return value;
    if (type === 'bigint' && Number.isSafeInteger(value)) return value;
    if (type === 'integer' && (value | 0) === value) return value;
    if (type === 'timestamptz' && value >= firstInstant && value <= lastInstant) return new Date(value);
  }
  throw notOfThisList();
}

function notOfThisList() {
  return badUserInput('The cursor does not belong to this list.');
}
