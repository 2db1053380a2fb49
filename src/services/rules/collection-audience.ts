import type { Reader } from '../../domain/reader.ts';

/** As much of a change as decides who hears of it. */
export interface CollectionChange {
  readonly ownerId: string;
  /** After the change, or at last. */
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly previousVisibility: 'PUBLIC' | 'PRIVATE';
}

/** All of a change; only that the collection is hidden from them from now on; or nothing at all. */
export type Hearing = 'ALL' | 'HIDING' | 'NOTHING';

/**
 * What somebody hears of a change to a collection (RULES.md, "Collections and posts"): its owner and admins all;
 * others what happens while it is public, and that it stops being so.
 */
export function hearingOf(change: CollectionChange, reader: Reader): Hearing {
  const { ownerId, visibility, previousVisibility } = change;
  if (visibility === 'PUBLIC' || reader?.role === 'ADMIN' || reader?.accountId === ownerId) return 'ALL';
  return previousVisibility === 'PUBLIC' ? 'HIDING' : 'NOTHING';
}
