import { ApiError } from '../../domain/errors.ts';

export interface OperationLimits {
  /** The most queries and mutations in flight on one socket. */
  readonly operations: number;
  /** The most subscriptions on one socket that have not begun yet. */
  readonly subscriptions: number;
}

/** In seconds. One of the operations in flight will end in a moment. */
const retryAfter = 1;

/**
 * Counts the operations of each socket that are prepared or executed, whether their client still waits for
 * them or not. Subscriptions have a separate limit, and count only until they have begun: a client that
 * reconnects asks for all of them at once.
 */
export class OperationQuota {
  readonly #limits: OperationLimits;
  readonly #inFlight = new WeakMap<object, Record<keyof OperationLimits, number>>();

  constructor(limits: OperationLimits) {
    this.#limits = limits;
  }

  /**
   * Counts an operation.
   * @returns ends it; may be called twice
   * @throws ApiError RATE_LIMITED if it is one too many; OPERATION_TOO_LARGE for a subscription, as if all
   *   had begun
   */
  take(socket: object, kind: keyof OperationLimits): () => void {
    this.#requireRoom(socket, kind);
    const inFlight = this.#of(socket);
    this.#inFlight.set(socket, inFlight);
    inFlight[kind]++;
    let ended = false;
    return () => {
      if (!ended) inFlight[kind]--;
      ended = true;
    };
  }

  #requireRoom(socket: object, kind: keyof OperationLimits): void {
    const limit = this.#limits[kind];
    if (this.#of(socket)[kind] < limit) return;
    const message = `At most ${limit} ${kind} are allowed at once on a socket.`;
    throw kind === 'subscriptions'
      ? new ApiError('OPERATION_TOO_LARGE', message)
      : new ApiError('RATE_LIMITED', message, { retryAfter });
  }

  #of(socket: object): Record<keyof OperationLimits, number> {
    return this.#inFlight.get(socket) ?? { operations: 0, subscriptions: 0 };
  }
}
