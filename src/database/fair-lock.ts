// PostgreSQL lets whoever shares a row's lock in at once while others share it, past those who wait for the row alone:
// a stream of purchases would keep an admin from the product for good (README.tuplock, "indefinite starvation"). For
// advisory locks it keeps a queue. So where many share a row, they queue for it first, and so does whoever wants it
// alone. What holds is still the row's own lock: who does not queue breaks nothing, and may only make others wait.

/**
 * An expression of SQL that waits behind whoever wants a row alone, and keeps later ones waiting until the transaction
 * ends. It comes before the row's lock: in a statement of its own, or in a materialized CTE of which the locking
 * statement takes the id; that one sees the row as it is after the wait only through its lock.
 * @param id an expression that is the row's uuid; where it is null nothing is waited for
 */
export function queueShared(id: string): string {
  return `pg_advisory_xact_lock_shared(${keyOf(id)})`;
}

/** Like `queueShared`, for whoever wants the row alone. */
export function queueAlone(id: string): string {
  return `pg_advisory_xact_lock(${keyOf(id)})`;
}

function keyOf(id: string): string {
  return `hashtextextended('questline_row:' || ${id}, 0)`;
}
