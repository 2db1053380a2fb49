import pLimit, { type LimitFunction } from 'p-limit';
import type { EventPayer } from './event-payer.ts';

/** Most pages that are read at once for members who catch up: others need the connections of the pool too. */
const mostPages = 4;

interface Lane {
  readonly oneAtATime: LimitFunction;
  wanted: number;
}

/**
 * Reads the pages of all groups: a few at a time in the process, and one at a time for each payer, when they have room
 * for it. So a payer with thousands of replays has one page in the queue, like a payer with a single one.
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
