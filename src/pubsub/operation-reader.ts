import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { pageSize, replayAudience } from './replay.ts';
import type { LiveOperation, Member, Subscriber } from './subscriber.ts';
import type { LiveRecord } from './topics.ts';

export interface OperationReaderOptions {
  readonly database: Db;
  readonly log: Logger;
}

/** The next events that the operation asks for, and the seq up to which there are no others. */
export interface Page {
  readonly records: readonly LiveRecord[];
  readonly end: number;
}

/** Whether nobody waits any more for what is tried again and again. */
export type IsOver = () => boolean;

/** Events that are rendered at once. */
export const batchSize = 100;

/**
 * Reads and renders one operation's events. While the database is away nothing is skipped: it is asked again until it
 * is back, or nobody waits any more.
 */
export class OperationReader<S extends Subscriber> {
  readonly #operation: LiveOperation<S>;
  readonly #options: OperationReaderOptions;

  constructor(operation: LiveOperation<S>, options: OperationReaderOptions) {
    this.#operation = operation;
    this.#options = options;
  }

  /** @throws CursorExpired where some of what follows `after` is gone */
  async page(after: number, until: number, isOver: IsOver): Promise<Page> {
    const { database } = this.#options;
    const { topic, audience, accepts } = this.#operation.source;
    const page = await this.#untilAvailable(
      () => replayAudience(database, topic, audience, { after, until }),
      isOver,
    );
    const last = page.at(-1);
    return {
      records: page.filter(accepts),
      end: last === undefined || page.length < pageSize ? until : last.seq,
    };
  }

  /** @returns what each of the members is to be given */
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
        this.#options.log.debug({ err: error }, 'live events wait for the database');
      }
      await pause(delay, undefined, { ref: false });
    }
  }
}
