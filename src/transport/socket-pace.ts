import type { WebSocket } from 'ws';

/** Refusals within a window that are told at once. */
const mostRefusals = 500;
/** How long a window is, in ms; a socket that is paused is read again at its end. */
const span = 1_000;

/**
 * Whoever sends operations that are refused, such as more than may be in flight, is told so for each, which costs them
 * nothing and the server something. Past some hundreds within a second, no more is read from the socket until that second is over: what it
 * sends waits with its client.
 */
export class SocketPace {
  readonly #socket: Pick<WebSocket, 'pause' | 'resume'>;
  #windowEnd = 0;
  #refusals = 0;

  constructor(socket: Pick<WebSocket, 'pause' | 'resume'>) {
    this.#socket = socket;
  }

  /** Counts an operation that was refused. */
  refused(): void {
    const now = performance.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + span;
      this.#refusals = 0;
    }
    this.#refusals++;
    if (this.#refusals !== mostRefusals) return;
    this.#socket.pause();
    // Of a socket that is closed meanwhile, `resume` does nothing.
    setTimeout(() => this.#socket.resume(), this.#windowEnd - now).unref();
  }
}
