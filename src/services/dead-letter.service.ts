import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';

export interface DeadLetterServiceOptions {
  readonly database: Database;
  /** Called after the commit; it wakes the workers. */
  readonly wake: () => void;
}

/** What admins do with events that could not be applied. */
export class DeadLetterService {
  readonly #options: DeadLetterServiceOptions;

  constructor(options: DeadLetterServiceOptions) {
    this.#options = options;
  }

  /**
   * Puts the event of a dead letter back, once: the workers apply it like any other, and it may become another dead
   * letter. A second call changes nothing.
   * @param deadLetterId null if the given id is not a dead letter's
   */
  replayDeadLetter(deadLetterId: string | null): Promise<{ deadLetterId: string } | Refusal> {
    return transaction(this.#options.database, (tx) => this.#replay(tx, deadLetterId));
  }

  async #replay(tx: Transaction, deadLetterId: string | null): Promise<{ deadLetterId: string } | Refusal> {
    const [replayed] = await tx.query(replay, [deadLetterId]);
    if (replayed !== undefined) tx.afterCommit(this.#options.wake);
    const [found] = replayed === undefined ? await tx.query(readDeadLetter, [deadLetterId]) : [replayed];
    return found ?? refuse('NOT_FOUND', 'There is no such dead letter.', ['id']);
  }
}

const replay = statement<{ deadLetterId: string }>(
  'dead_letter.replay',
  `with replayed as (
    update dead_letter set replayed_at = now() where id = $1 and replayed_at is null
    returning id, recorded_event_id
  ), put_back as (
    update recorded_event set failed_at = null, attempts = 0, next_attempt_at = now()
    from replayed where recorded_event.id = recorded_event_id and applied_at is null
  )
  select id as "deadLetterId" from replayed`,
);

const readDeadLetter = statement<{ deadLetterId: string }>(
  'dead_letter.read',
  'select id as "deadLetterId" from dead_letter where id = $1',
);
