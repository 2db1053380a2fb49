/** As much of a change as decides who hears of it. */
export interface CollectionChange {
  readonly ownerId: string;
  /** After the change, or at last. */
  readonly visibility: 'PUBLIC' | 'PRIVATE';
  readonly previousVisibility: 'PUBLIC' | 'PRIVATE';
}

/** Who listens; null for nobody in particular. */
export type Listener = { readonly accountId: string; readonly role: string } | null;

/** All of a change; only that the collection is hidden from them from now on; or nothing at all. */
export type Hearing = 'ALL' | 'HIDING' | 'NOTHING';

/**
 * What somebody hears of a change to a collection (RULES.md, "Collections and posts"): its owner and admins all;
 * others what happens while it is public, and that it stops being so.
 */
export function hearingOf(change: CollectionChange, listener: Listener): Hearing {
  const { ownerId, visibility, previousVisibility } = change;
  if (visibility === 'PUBLIC' || listener?.role === 'ADMIN' || listener?.accountId === ownerId) return 'ALL';
  return previousVisibility === 'PUBLIC' ? 'HIDING' : 'NOTHING';
}
