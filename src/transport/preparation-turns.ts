import { type Lane, Turns } from '../database/turns.ts';

/** How long documents are read and checked one after the other before the event loop is given to others, in ms. */
const slice = 10;

interface SharedLane {
  readonly lane: Lane;
  users: number;
}

/**
 * The time in which operations of sockets are prepared: a thousand that come at once hold nobody else up, and who asks
 * for little is not behind all that another asks for. It keeps nothing of those who ask for nothing.
 */
export class PreparationTurns {
  readonly #turns = new Turns({ most: 1, slice });
  readonly #lanes = new Map<string, SharedLane>();

  /** @param work does all at once, and waits for nothing */
  async run<T>(asker: string, work: () => T): Promise<T> {
    const shared = this.#lanes.get(asker) ?? { lane: this.#turns.lane(), users: 0 };
    this.#lanes.set(asker, shared);
    shared.users++;
    try {
      return await shared.lane.run(async () => work());
    } finally {
      shared.users--;
      if (shared.users === 0) this.#lanes.delete(asker);
    }
  }
}
