import pLimit, { type LimitFunction } from 'p-limit';
import type { SocketState } from './websocket.ts';

type PausableSocket = Pick<SocketState['socket'], 'pause' | 'resume'>;

interface Renewals {
  readonly oneAtATime: LimitFunction;
  wanted: number;
}

/**
 * For work that a client may ask for as often as it likes: each socket's work is done one after the other,
 * and the socket is not read from meanwhile. So a socket uses at most one connection to the database, and
 * what it sends waits with its sender.
 */
export class RenewalTurns {
  readonly #renewals = new WeakMap<PausableSocket, Renewals>();

  /** @param work must not wait for another message of the same socket */
  async take<T>(socket: PausableSocket, work: () => Promise<T>): Promise<T> {
    socket.pause();
    // Messages that have arrived already may still come while the socket is paused.
    const renewals = this.#renewals.get(socket) ?? { oneAtATime: pLimit(1), wanted: 0 };
    this.#renewals.set(socket, renewals);
    renewals.wanted++;
    try {
      return await renewals.oneAtATime(work);
    } finally {
      renewals.wanted--;
      if (renewals.wanted === 0) {
        this.#renewals.delete(socket);
        socket.resume();
      }
    }
  }
}
