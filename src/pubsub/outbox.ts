import { DeferredWrites } from '../database/deferred-writes.ts';
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

/** Rows per statement: between two statements others have their turn. */
const batchSize = 1_000;

/** Writes live events to a table, in the transaction that they report on. The relay finds them there later. */
export class Outbox {
  readonly #onCommit: () => void;
  // In the last phase: if an event were numbered before its transaction takes its last lock, it could come before an
  // event of a transaction that this one waited for.
  readonly #rows = new DeferredWrites<OutboxRow>('atCommit', (tx, rows) => this.#write(tx, rows));

  /** @param onCommit called after the commit of each transaction that wrote events; it wakes the relay */
  constructor(onCommit: () => void) {
    this.#onCommit = onCommit;
  }

  /**
   * Adds an event to the transaction. Events are delivered in this order if it commits, and not at all if it doesn't.
   * @param audience whose stream it belongs to, a UUID in lower case
   */
  publish<T extends Topic>(tx: Transaction, topic: T, audience: string, payload: LivePayloads[T]): void {
    this.#rows.add(tx, [{ topic, audience, payload: JSON.stringify(payload) }]);
  }

  async #write(tx: Transaction, rows: readonly OutboxRow[]): Promise<void> {
    for (let start = 0; start < rows.length; start += batchSize) {
      const batch = rows.slice(start, start + batchSize);
      await tx.query(insertEvents, [
        batch.map(({ topic }) => topic),
        batch.map(({ audience }) => audience),
        batch.map(({ payload }) => payload),
      ]);
    }
    tx.afterCommit(this.#onCommit);
  }
}
