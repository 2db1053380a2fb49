import type { WebSocket } from 'ws';

/** Refusals within a window that are told at once. */
const mostRefusals = 500;
/** How long a window is, in ms; a socket that is paused is read again at its end. */
const span = 1_000;
/** Characters of documents that wait until they are read and checked. */
const mostWaiting = 32 * 1024;

/**
 * How fast a socket is read. What its client sends too fast waits with the client, where it takes no memory of this
 * process: while many long documents wait for their turn, and, once some hundreds of operations were refused within a
 * second, until that second is over. Each refusal costs the client nothing, and the server something.
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

  /** Does what a document waits for. */
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

  /** Of a socket that is closed, neither does anything. */
  #adjust(): void {
    const pauses = this.#isRefusedTooOften || this.#waiting > mostWaiting;
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    if (pauses) this.#socket.pause();
    else this.#socket.resume();
  }
}
