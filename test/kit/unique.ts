import { randomBytes } from 'node:crypto';

/** A name that nothing else has, in any run: letters and digits, good as a username, an event type, a word of a title. */
export function unique(what: string): string {
  return `${what}${randomBytes(6).toString('hex')}`;
}

/** @throws where something that has to be there is not */
export function present<T>(value: T): NonNullable<T> {
  if (value === null || value === undefined) throw new Error('Something is missing that should be there.');
  return value;
}
