import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';

// One lock covers the whole catalog of quests and rewards. Workers share it while they apply events; an edit takes it
// exclusively. So the answer to "has anybody progress yet?" stays true during an edit, two edits at once cannot make a
// cycle of prerequisites, and no event is applied with half of an edit. Locks on rows would achieve the same, but cost
// one write to each popular quest for each event.

const key = "hashtextextended('questline_catalog', 0)";

/**
 * A SQL expression that keeps the catalog unchanged until the transaction ends; it waits for an edit that is under way.
 * What later statements read stays true; the statement that contains it may have read before it waited.
 */
export const sharedCatalogLock = `pg_advisory_xact_lock_shared(${key})`;

/** Waits for the workers' current batches, then holds off further ones. The first statement of every edit. */
export async function lockCatalog(tx: Transaction): Promise<void> {
  await tx.query(lockAlone);
}

const lockAlone = statement('catalog.lock', `select pg_advisory_xact_lock(${key})`);
