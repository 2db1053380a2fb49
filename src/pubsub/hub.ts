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
 * Fans live events out. The subscribers of one operation form a group, which renders each event once for all who may
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

  /** How many subscribers these operations have in total. */
  get subscribers(): number {
    return this.#groups.values().reduce((count, group) => count + group.size, 0);
  }

  /**
   * Gives a subscriber every event of its operation after `from`, each once and in commit order, until it leaves.
   * @param operation if several have the same key, the first one is rendered
   * @returns a function that ends this; nothing is written after it has returned
   */
  join(operation: LiveOperation<S>, subscriber: S, from: number): () => void {
    const { key } = operation;
    const group = this.#groups.get(key) ?? unhurried(() => this.#open(operation));
    // What it reads for the subscriber does not count against the time of the request that subscribed.
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
