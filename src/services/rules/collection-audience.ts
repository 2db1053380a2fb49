import type { Reader } from '../../domain/reader.ts';

/** The part of a change that decides who hears of it. */
export interface CollectionChange {
  readonly ownerId: string;
  /** After the change, or at the end if the collection was deleted. */
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly previousVisibility: 'PUBLIC' | 'PRIVATE';
}

/** The whole change; only that the collection is now hidden from the reader; or nothing. */
export type Hearing = 'ALL' | 'HIDING' | 'NOTHING';

/**
 * What a reader hears of a change to a collection (RULES.md, "Collections and posts"): the owner and admins hear all
 * changes; others those while it is public, and that it stops being public.
 */
export function hearingOf(change: CollectionChange, reader: Reader): Hearing {
  const { ownerId, visibility, previousVisibility } = change;
  if (visibility === 'PUBLIC' || reader?.role === 'ADMIN' || reader?.accountId === ownerId) return 'ALL';
  return previousVisibility === 'PUBLIC' ? 'HIDING' : 'NOTHING';
}
