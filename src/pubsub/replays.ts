import pLimit, { type LimitFunction } from 'p-limit';
import type { EventPayer } from './event-payer.ts';

/** Pages that are read at once for those who catch up: the connections of the pool are everybody's. */
const mostPages = 4;

interface Lane {
  readonly oneAtATime: LimitFunction;
  wanted: number;
}

/**
 * The pages of all groups: a few at a time in the process, and of each payer one at a time, when they have room for it.
 * So a payer with thousands of replays has one page in the queue, like a payer with a single one.
 */
export class Replays {
  readonly #pages = pLimit(mostPages);
  readonly #lanes = new Map<string, Lane>();

  /** @param page never rejects */
  async run(payer: EventPayer, page: () => Promise<void>): Promise<void> {
    const lane = this.#lanes.get(payer.key) ?? { oneAtATime: pLimit(1), wanted: 0 };
    this.#lanes.set(payer.key, lane);
    lane.wanted++;
    await lane.oneAtATime(async () => {
      await payer.room();
      await this.#pages(page);
    });
    lane.wanted--;
    if (lane.wanted === 0) this.#lanes.delete(payer.key);
  }
}
