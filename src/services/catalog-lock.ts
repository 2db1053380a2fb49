import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';

// Workers share one lock of the whole catalog of quests and rewards while they apply events; whoever edits it has it
// alone. So an edit that asks "has anybody progress yet?" gets an answer that stays true, two edits at once make no
// cycle of prerequisites, and no event is applied by half of an edit. Locks on the rows would say the same, at the
// price of one write to each popular quest for each event.

const key = "hashtextextended('questline_catalog', 0)";

/**
 * An expression of SQL that holds the catalog as it is until the transaction ends; it waits for an edit that is under
 * way. What the statements after it read stays true; its own statement has looked before it waited.
 */
export const sharedCatalogLock = `pg_advisory_xact_lock_shared(${key})`;

/** Waits for the workers' present batches, then holds off all others: the first statement of every edit. */
export async function lockCatalog(tx: Transaction): Promise<void> {
  await tx.query(lockAlone);
}

const lockAlone = statement('catalog.lock', `select pg_advisory_xact_lock(${key})`);
