import type { WebSocket } from 'ws';

/** The most refusals within a window before the socket is paused. */
const mostRefusals = 500;
/** How long a window is, in ms; a paused socket is read again at its end. */
const span = 1_000;
/** The most characters of documents that may wait to be parsed and checked. */
const mostWaiting = 32 * 1024;

/**
 * Limits how fast a socket is read. What its client sends too fast waits with the client, where it takes no
 * memory of this process. A socket is paused while long documents wait for their turn, and, once hundreds of
 * operations were refused within a second, until that second is over: a refusal costs the server something
 * and the client nothing.
 */
export class SocketPace {
  readonly #socket: Pick<WebSocket, 'pause' | 'resume'>;
  #windowEnd = 0;
  #refusals = 0;
  #isRefusedTooOften = false;
  #waiting = 0;
  #isPaused = false;

  constructor(socket: Pick<WebSocket, 'pause' | 'resume'>) {
    this.#socket = socket;
  }

  /** Counts the document as waiting while the work runs. */
  async during<T>(document: string, work: () => Promise<T>): Promise<T> {
    this.#waiting += document.length;
    this.#adjust();
    try {
      return await work();
    } finally {
      this.#waiting -= document.length;
      this.#adjust();
    }
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
    this.#isRefusedTooOften = true;
    this.#adjust();
    const goOn = () => {
      this.#isRefusedTooOften = false;
      this.#adjust();
    };
    setTimeout(goOn, this.#windowEnd - now).unref();
  }

  /** Pausing and resuming have no effect on a closed socket. */
  #adjust(): void {
    const pauses = this.#isRefusedTooOften || this.#waiting > mostWaiting;
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    if (pauses) this.#socket.pause();
    else this.#socket.resume();
  }
}
