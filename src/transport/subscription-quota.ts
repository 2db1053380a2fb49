import type { Context as Connection } from 'graphql-ws';
import { ApiError } from '../domain/errors.ts';

type Operations = Pick<Connection, 'subscriptions'>;

/**
 * Counts the subscriptions of each socket. Nothing tells it when one ends: it looks which ids are still in
 * use.
 */
export class SubscriptionQuota {
  readonly #limit: number;
  readonly #ids = new WeakMap<object, string[]>();

  /** @param limit the most subscriptions on one socket */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Counts a subscription that is about to begin.
   * @throws ApiError OPERATION_TOO_LARGE if the socket has the most already
   */
  take({ subscriptions }: Operations, id: string): void {
    // graphql-ws has one such object for each socket.
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
