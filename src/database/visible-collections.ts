import type { Reader } from '../domain/reader.ts';
// Who sees a collection: everyone a public one; a private one its owner and admins. Every statement that reads
// collections for somebody says so itself, so that nobody can tell another's private one from none.

/**
 * Whose private collections somebody sees, as a value for `isVisible`: their own; null, which is everyone's, for admins.
 */
export function privateOwnersFor(reader: Reader): readonly string[] | null {
  if (reader === null) return [];
  return reader.role === 'ADMIN' ? null : [reader.accountId];
}

/**
 * The condition, in SQL, of a collection `c` that may be seen.
 * @param owners the parameter that holds what `privateOwnersFor` gives
 */
export function isVisible(owners: string): string {
  return `(c.visibility = 'PUBLIC' or ${isOwned(owners)})`;
}

/** The condition, in SQL, of a collection `c` that may be seen even where it is private; and so may be changed. */
export function isOwned(owners: string): string {
  return `(c.owner_id = any(${owners}::uuid[]) or ${owners}::uuid[] is null)`;
}
