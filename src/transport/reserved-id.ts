import type { Context as Connection } from 'graphql-ws';

/** The id of an operation, from its `subscribe` on. */
export interface ReservedId {
  /**
   * Resolves as `work` does; never, where the id has become another operation's meanwhile.
   * @param onLost called then: nobody goes on with what has been done
   */
  keep<T>(work: T | Promise<T>, onLost?: () => void): Promise<T>;
}

/**
 * A client may complete an operation that is still prepared, and use its id again at once. graphql-ws tells by the id
 * alone whether the operation is still wanted, and would give its answer, or its end, to the second one. So the first is
 * not gone on with.
 */
export function reserve({ subscriptions }: Pick<Connection, 'subscriptions'>, id: string): ReservedId {
  const place: AsyncIterable<never> = {
    [Symbol.asyncIterator]() {
      throw new Error('The operation has not begun.');
    },
  };
  subscriptions[id] = place;
  const isLost = () => id in subscriptions && subscriptions[id] !== place;
  return {
    async keep(work, onLost) {
      const result = await work;
      if (!isLost()) return result;
      onLost?.();
      return new Promise<never>(() => undefined);
    },
  };
}
