import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { pageSize, type ReplayPage, replayAudience } from './replay.ts';
import type { LiveOperation, Member, Subscriber } from './subscriber.ts';
import type { LiveRecord } from './topics.ts';

export interface OperationReaderOptions {
  readonly database: Db;
  readonly log: Logger;
}

/** Whether nobody waits any longer for work that is retried again and again. */
export type IsOver = () => boolean;

/** Most events that are rendered at once. */
const largestBatch = 100;
/** Most points that a batch or a page may cost, unless it is a single event. */
const mostPoints = 10_000;

/**
 * Reads and renders one operation's events. While the database is unreachable nothing is skipped: it retries until the
 * database is back, or nobody waits any longer.
 */
export class OperationReader<S extends Subscriber> {
  readonly #operation: LiveOperation<S>;
  readonly #options: OperationReaderOptions;
  /** The points of one event. */
  readonly cost: number;
  /** How many events are rendered at once: the more each costs, the fewer. */
  readonly batchSize: number;
  readonly #pageSize: number;

  constructor(operation: LiveOperation<S>, options: OperationReaderOptions) {
    this.#operation = operation;
    this.#options = options;
    this.cost = operation.cost ?? 1;
    const affordable = Math.max(1, Math.floor(mostPoints / this.cost));
    this.batchSize = Math.min(affordable, largestBatch);
    this.#pageSize = Math.min(affordable, pageSize);
  }

  /** @throws CursorExpired if some events after `after` are gone */
  async page(after: number, until: number, isOver: IsOver): Promise<ReplayPage> {
    const { source } = this.#operation;
    const range = { after, until, most: this.#pageSize };
    const page = await this.#untilAvailable(
      () => replayAudience(this.#options.database, source, range),
      isOver,
    );
    return { records: page.records.filter(source.accepts), end: page.end };
  }

  /** @returns what to give to each of the members */
  render(
    records: readonly LiveRecord[],
    members: Iterable<Member<S>>,
    isOver: IsOver,
  ): ReturnType<LiveOperation<S>['render']> {
    const subscribers = () => Iterator.from(members).map(({ subscriber }) => subscriber);
    return this.#untilAvailable(() => this.#operation.render(records, subscribers()), isOver);
  }

  async #untilAvailable<T>(work: () => Promise<T>, isOver: IsOver): Promise<T> {
    for (let delay = 50; ; delay = Math.min(delay * 2, 1_000)) {
      try {
        return await work();
      } catch (error) {
        if (isOver() || !isDatabaseUnavailable(error)) throw error;
        this.#options.log.debug({ err: error }, 'live events are waiting for the database');
      }
      await pause(delay, undefined, { ref: false });
    }
  }
}
