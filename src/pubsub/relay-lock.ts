import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';

/**
 * The process that holds this lock, for one transaction, is the relay. The table turns over faster than PostgreSQL's
 * statistics, so plans that read it whole are turned off: with them a batch behind a backlog took 4 to 12 times as
 * long. A process that freezes while it holds the lock loses it.
 */
const lock = statement<{ locked: boolean }>(
  'relay.lock',
  `select pg_try_advisory_xact_lock(hashtextextended('questline_live', 0)) as locked,
     set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
     set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
     set_config('idle_in_transaction_session_timeout', '1500', true)`,
);

/**
 * Takes the relay's lock for this transaction.
 * @returns false if another process has it; then this one has nothing to do
 */
export async function takeRelayLock(tx: Transaction): Promise<boolean> {
  const [row] = await tx.query(lock);
  return row?.locked === true;
}
