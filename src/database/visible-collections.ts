import type { Reader } from '../domain/reader.ts';
// Everyone sees a public collection; only its owner and admins see a private one. Every statement that reads
// collections for a reader checks this itself, so that a hidden collection looks like one that does not exist.

/** The owners whose private collections the reader sees, for `isVisible`; null, which means all owners, for admins. */
export function privateOwnersFor(reader: Reader): readonly string[] | null {
  if (reader === null) return [];
  return reader.role === 'ADMIN' ? null : [reader.accountId];
}

/**
 * The SQL condition that a collection `c` is visible.
 * @param owners the parameter that holds the result of `privateOwnersFor`
 */
export function isVisible(owners: string): string {
  return `(c.visibility = 'PUBLIC' or ${isOwned(owners)})`;
}

/** The SQL condition that a collection `c` is visible even if it is private; then it may also be changed. */
export function isOwned(owners: string): string {
  return `(c.owner_id = any(${owners}::uuid[]) or ${owners}::uuid[] is null)`;
}
