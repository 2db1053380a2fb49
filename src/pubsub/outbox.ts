import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { LivePayloads, Topic } from './topics.ts';

interface OutboxRow {
  readonly topic: Topic;
  readonly audience: string;
  readonly payload: string;
}

const insertEvents = statement(
  'outbox.insert',
  `insert into live_event (topic, audience, payload)
   select topic, audience, payload
   from unnest($1::text[], $2::uuid[], $3::jsonb[]) with ordinality as event (topic, audience, payload, place)
   order by place`,
);

/** Of one statement: between two of them others have their turn. */
const mostRows = 1_000;

/** Events wait here for their transaction to commit; then the relay finds them in the table. */
export class Outbox {
  private readonly pending = new WeakMap<Transaction, OutboxRow[]>();

  /** @param onCommit called after the commit of each transaction that wrote events; it wakes the relay. */
  constructor(private readonly onCommit: () => void) {}

  /**
   * Adds an event to the transaction: delivered in this order if it commits, and not at all if it doesn't.
   * All are written after everything else, for an event numbered before its transaction's last lock could come
   * before one that the transaction waited for.
   * @param audience whose stream it belongs to, a UUID in lower case.
   */
  publish<T extends Topic>(tx: Transaction, topic: T, audience: string, payload: LivePayloads[T]): void {
    const row = { topic, audience, payload: JSON.stringify(payload) };
    const rows = this.pending.get(tx);
    if (rows) {
      rows.push(row);
      return;
    }
    this.pending.set(tx, [row]);
    // Registered by a step of its own, so that it comes after what other steps still write.
    tx.beforeCommit(async () => tx.beforeCommit(() => this.write(tx)));
    tx.afterCommit(this.onCommit);
  }

  private async write(tx: Transaction): Promise<void> {
    const rows = this.pending.get(tx) ?? [];
    // What a later step of the same commit publishes is written by a statement of its own.
    this.pending.delete(tx);
    for (let start = 0; start < rows.length; start += mostRows) {
      const some = rows.slice(start, start + mostRows);
      await tx.query(insertEvents, [
        some.map(({ topic }) => topic),
        some.map(({ audience }) => audience),
        some.map(({ payload }) => payload),
      ]);
    }
  }
}
