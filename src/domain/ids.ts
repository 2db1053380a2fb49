import { NIL, v7 } from 'uuid';
import { badUserInput } from './errors.ts';

/** The part of a public id before the underscore: one for each type that is a Node. */
export const prefixes = [
  'user',
  'account',
  'wallet',
  'entry',
  'reward',
  'quest',
  'progress',
  'completion',
  'product',
  'purchase',
  'post',
  'collection',
  'notification',
  'event',
  'deadletter',
  'audit',
] as const;

export type Prefix = (typeof prefixes)[number];

/** A row of a Node, with its id in the database and the id that clients see. */
export interface NodeRow {
  readonly uuid: string;
  id: string;
}

/** All zeros: the id of no row. */
export const nilUuid: string = NIL;

/** A new UUIDv7. Those of one process sort in the order in which they were made. */
export function newUuid(): string {
  return v7();
}

// Crockford's base32, as in TypeID: https://github.com/jetify-com/typeid/tree/main/spec (v0.3)
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const suffixLength = 26;

/** Two base32 characters for each number of 10 bits. */
const pairs = Array.from(
  { length: 1024 },
  (_, bits) => alphabet.charAt(bits >> 5) + alphabet.charAt(bits & 31),
);

/**
 * The public id of a row, such as quest_01h455vb4pex5vsknk084sn02q.
 * @param uuid in PostgreSQL's form: lowercase, with hyphens
 */
export function toId(prefix: Prefix, uuid: string): string {
  // 128 bits are one byte and six times 20 bits; the skipped positions are hyphens.
  const head = pairs[(nibble(uuid, 0) << 4) | nibble(uuid, 1)] ?? '';
  return (
    `${prefix}_${head}` +
    fourCharacters(uuid, 2, 3, 4, 5, 6) +
    fourCharacters(uuid, 7, 9, 10, 11, 12) +
    fourCharacters(uuid, 14, 15, 16, 17, 19) +
    fourCharacters(uuid, 20, 21, 22, 24, 25) +
    fourCharacters(uuid, 26, 27, 28, 29, 30) +
    fourCharacters(uuid, 31, 32, 33, 34, 35)
  );
}

/** Gives every row its public id, in place. */
export function withIds<Row extends NodeRow>(prefix: Prefix, rows: Row[]): Row[] {
  for (const row of rows) row.id = toId(prefix, row.uuid);
  return rows;
}

function fourCharacters(hex: string, a: number, b: number, c: number, d: number, e: number): string {
  const bits =
    (nibble(hex, a) << 16) |
    (nibble(hex, b) << 12) |
    (nibble(hex, c) << 8) |
    (nibble(hex, d) << 4) |
    nibble(hex, e);
  return (pairs[bits >> 10] ?? '') + (pairs[bits & 1023] ?? '');
}

function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return (code & 15) + 9 * (code >> 6);
}

const known: ReadonlySet<string> = new Set(prefixes);

function isPrefix(text: string): text is Prefix {
  return known.has(text);
}

/** The five bits of each character of the alphabet; 255 for every other. */
const bitsOf = new Uint8Array(128).fill(255);
for (let bits = 0; bits < alphabet.length; bits++) bitsOf[alphabet.charCodeAt(bits)] = bits;

const twoDigits = Array.from({ length: 256 }, (_, bits) => bits.toString(16).padStart(2, '0'));
const threeDigits = Array.from({ length: 4096 }, (_, bits) => bits.toString(16).padStart(3, '0'));

/**
 * Parses a public id.
 * @throws GraphQLError BAD_USER_INPUT if it is malformed; each id has only one valid spelling
 */
export function parseId(id: string): { prefix: Prefix; uuid: string } {
  const end = id.length - suffixLength - 1;
  const prefix = id.slice(0, Math.max(end, 0));
  if (!isPrefix(prefix) || id[end] !== '_') throw malformed();
  const hex = hexOf(id, end + 1);
  return {
    prefix,
    uuid: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
  };
}

/**
 * The uuid in a public id of that type; null if the id is of another type, so that there is no such record.
 * @throws GraphQLError BAD_USER_INPUT if the id is malformed
 */
export function idOf(prefix: Prefix, id: string): string | null {
  const parsed = parseId(id);
  return parsed.prefix === prefix ? parsed.uuid : null;
}

function hexOf(id: string, start: number): string {
  const head = tenBits(id, start);
  // 26 characters hold 130 bits: the first two must be 0.
  if (head > 255) throw malformed();
  let hex = twoDigits[head] ?? '';
  for (let at = start + 2; at < id.length; at += 4) {
    const bits = (tenBits(id, at) << 10) | tenBits(id, at + 2);
    hex += (threeDigits[bits >> 8] ?? '') + (twoDigits[bits & 255] ?? '');
  }
  return hex;
}

function tenBits(id: string, at: number): number {
  return (fiveBits(id, at) << 5) | fiveBits(id, at + 1);
}

function fiveBits(id: string, at: number): number {
  const bits = bitsOf[id.charCodeAt(at)] ?? 255;
  if (bits === 255) throw malformed();
  return bits;
}

function malformed() {
  return badUserInput('The id is malformed.');
}
