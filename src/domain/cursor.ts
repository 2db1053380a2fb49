import { badUserInput } from './errors.ts';

/** The SQL types that a list may be ordered by. A cursor keeps their values exactly. */
export type CursorKeyType = 'timestamptz' | 'text' | 'uuid' | 'integer' | 'bigint' | 'double precision';
export type CursorKey = Date | string | number;

/** In characters. A key of 200 characters of 4 bytes each, a uuid and the list's name fit well into it. */
export const maxCursorLength = 2048;

/**
 * The position of a row in a list, as base64url of a JSON array.
 * @param list the list's name with its order, so that the cursor is valid for no other list
 * @throws TypeError if a key is missing or is not a finite number
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
 * Reads the keys in a cursor, ready to be bound as parameters of these SQL types.
 * @throws GraphQLError BAD_USER_INPUT if the cursor is not from this list
 */
export function decodeCursor(list: string, cursor: string, types: readonly CursorKeyType[]): CursorKey[] {
  const [, ...values] = partsOf(cursor);
  const keys = types.map((type, index) => keyOf(type, values[index]));
  // Encoding the keys again must give the same cursor: of the same list, without extra keys, in its only spelling.
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

/** Refuses whatever PostgreSQL would not accept as a value of the type, so that it does not become a server error. */
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
