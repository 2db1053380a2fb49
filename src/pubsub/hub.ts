import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { unhurried } from '../database/patience.ts';
import type { Feed } from './feed.ts';
import { Group } from './group.ts';
import { Replays } from './replays.ts';
import type { LiveOperation, Subscriber } from './subscriber.ts';

export interface HubOptions {
  readonly database: Db;
  readonly feed: Pick<Feed, 'subscribe'>;
  readonly log: Logger;
}

/**
 * Fans live events out: subscribers of one operation are one group, which renders each event once for all who may
 * share it, and hands the same bytes to each.
 */
export class Hub<S extends Subscriber> {
  readonly #options: HubOptions;
  readonly #groups = new Map<string, Group<S>>();
  readonly #replays = new Replays();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** How many different operations have subscribers in this process. */
  get operations(): number {
    return this.#groups.size;
  }

  /** How many subscribers they have, all together. */
  get subscribers(): number {
    return this.#groups.values().reduce((count, group) => count + group.size, 0);
  }

  /**
   * Gives a subscriber every event of its operation after `from`, each once and in commit order, until it is left.
   * @param operation of those with one key, the first is rendered
   * @returns leaves; nothing is written any more once it has returned
   */
  join(operation: LiveOperation<S>, subscriber: S, from: number): () => void {
    const { key } = operation;
    const group = this.#groups.get(key) ?? unhurried(() => this.#open(operation));
    // What it reads for the subscriber has no part in the time of the request that subscribed.
    return unhurried(() => group.join(subscriber, from));
  }

  #open(operation: LiveOperation<S>): Group<S> {
    const { key } = operation;
    const group = new Group(operation, {
      ...this.#options,
      replays: this.#replays,
      onIdle: () => void this.#groups.delete(key),
    });
    this.#groups.set(key, group);
    return group;
  }
}
