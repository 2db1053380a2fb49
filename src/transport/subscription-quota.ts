import type { Context as Connection } from 'graphql-ws';
import { ApiError } from '../domain/errors.ts';

type Operations = Pick<Connection, 'subscriptions'>;

/** Counts the subscriptions of each socket. It is told of none that has ended: it looks which ids are still in use. */
export class SubscriptionQuota {
  readonly #limit: number;
  readonly #ids = new WeakMap<object, string[]>();

  /** @param limit subscriptions on one socket */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Counts a subscription that is about to begin.
   * @throws ApiError OPERATION_TOO_LARGE where the socket has as many as it may
   */
  take({ subscriptions }: Operations, id: string): void {
    // graphql-ws keeps one such object for each socket.
    const ids = (this.#ids.get(subscriptions) ?? []).filter(
      (known) => known !== id && Object.hasOwn(subscriptions, known),
    );
    if (ids.length >= this.#limit)
      throw new ApiError(
        'OPERATION_TOO_LARGE',
        `At most ${this.#limit} subscriptions are allowed on a socket.`,
      );
    this.#ids.set(subscriptions, ids.concat(id));
  }
}
