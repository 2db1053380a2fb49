// While a row's lock is shared, PostgreSQL lets more sharers in at once, past those who wait for the row alone: a
// stream of purchases would keep an admin from the product for good (README.tuplock, "indefinite starvation"). For
// advisory locks it keeps a queue. So if many transactions share a row, they queue for it first, and so does one that
// wants it alone. The row's own lock still protects it: a transaction that does not queue breaks nothing, and may only
// make others wait.

/**
 * A SQL expression that waits behind transactions that want a row alone, and keeps later ones waiting until this
 * transaction ends. Use it before the row's lock: in a separate statement, or in a materialized CTE from which the
 * locking statement takes the id. Only through its lock does that statement see the row as it is after the wait.
 * @param id an expression that is the row's uuid; if it is null, nothing is waited for
 */
export function queueShared(id: string): string {
  return `pg_advisory_xact_lock_shared(${keyOf(id)})`;
}

/** Like `queueShared`, for a transaction that wants the row alone. */
export function queueAlone(id: string): string {
  return `pg_advisory_xact_lock(${keyOf(id)})`;
}

function keyOf(id: string): string {
  return `hashtextextended('questline_row:' || ${id}, 0)`;
}
