import { randomBytes } from 'node:crypto';

/**
 * A name that no other test or run uses: letters and digits, valid as a username, an event type, or a word of a title.
 */
export function unique(what: string): string {
  return `${what}${randomBytes(6).toString('hex')}`;
}

/** @throws if a value is missing that must be there */
export function present<T>(value: T): NonNullable<T> {
  if (value === null || value === undefined) throw new Error('Something is missing that should be there.');
  return value;
}
