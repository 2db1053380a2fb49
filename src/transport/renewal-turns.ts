import type { SocketState } from './websocket.ts';

type Reader = Pick<SocketState['socket'], 'pause' | 'resume'>;

/**
 * For work that a client may ask for as often as it likes: each socket has it done one after the other, and is not read
 * from meanwhile. So a socket takes one connection to the database at most, and what it sends waits with its sender.
 */
export class RenewalTurns {
  readonly #last = new WeakMap<Reader, Promise<void>>();

  /** @param work must not wait for another message of the same socket */
  async take<T>(socket: Reader, work: () => Promise<T>): Promise<T> {
    socket.pause();
    // Of what is at hand already, several messages come at once.
    const turn = (this.#last.get(socket) ?? Promise.resolve()).then(work);
    const over = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(socket, over);
    try {
      return await turn;
    } finally {
      if (this.#last.get(socket) === over) {
        this.#last.delete(socket);
        socket.resume();
      }
    }
  }
}
