import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';
import { takeRelayLock } from './relay-lock.ts';

const batchSize = 1_000;
const everyMs = 3_600_000;

/** Removes events from the start of the stream, up to the first that is young enough, and notes how far it got. */
const trim = statement<{ removed: number }>(
  'retention.trim',
  `with oldest as materialized (
     select seq, topic, occurred_at < now() - $1::float8 * interval '1 ms' as old from live_event
     where seq > (select expired_seq from live_position where topic = '*') order by seq limit ${batchSize}
   ), gone as (
     delete from live_event using oldest
     where live_event.seq = oldest.seq
       and oldest.seq < coalesce((select min(seq) from oldest where not old), 9223372036854775807)
     returning live_event.seq, live_event.topic
   ), newest as (
     select topic, max(seq) as seq from gone group by topic
     union all select '*', max(seq) from gone having count(*) > 0
   ), raised as (
     update live_position set expired_seq = newest.seq from newest where live_position.topic = newest.topic
   )
   select count(*) as removed from gone`,
);

/** Removes events past their retention, at the start and then hourly, in small batches between those of the relay. */
export class Retention {
  #dueAt = 0;
  readonly #database: Database;
  readonly #retentionMs: number;

  /** @param retentionMs how long events are kept. */
  constructor(database: Database, retentionMs: number) {
    this.#database = database;
    this.#retentionMs = retentionMs;
  }

  /** @returns true if there is more to remove now */
  async step(): Promise<boolean> {
    if (Date.now() < this.#dueAt) return false;
    const removed = await transaction(this.#database, async (tx) => {
      if (!(await takeRelayLock(tx))) return undefined;
      const [row] = await tx.query(trim, [this.#retentionMs]);
      return row?.removed ?? 0;
    });
    // Another process holds the lock; the next wake tries again.
    if (removed === undefined) return false;
    if (removed < batchSize) this.#dueAt = Date.now() + everyMs;
    return removed === batchSize;
  }
}
