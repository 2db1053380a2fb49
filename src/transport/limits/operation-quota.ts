import { ApiError } from '../../domain/errors.ts';

export interface OperationLimits {
  /** Queries and mutations in flight on one socket. */
  readonly operations: number;
  /** Subscriptions on one socket that have not begun yet. */
  readonly subscriptions: number;
}

/** Whoever has many operations on one socket waits for one of them to end; that is a matter of moments. */
const retryAfter = 1;

/**
 * Counts the operations of each socket that are prepared or executed, whether their client still waits for them or not.
 * Subscriptions have a number of their own, and only until they have begun: a client that comes back asks for all of
 * its own at once.
 */
export class OperationQuota {
  readonly #limits: OperationLimits;
  readonly #inFlight = new WeakMap<object, Record<keyof OperationLimits, number>>();

  constructor(limits: OperationLimits) {
    this.#limits = limits;
  }

  /**
   * Counts an operation.
   * @returns ends it; it may be ended twice
   * @throws ApiError RATE_LIMITED if it is one too many; OPERATION_TOO_LARGE for a subscription, as if all had begun
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
