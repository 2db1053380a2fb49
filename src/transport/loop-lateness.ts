/** How often the lateness is measured, in ms. */
const interval = 20;
/** One late turn is a pause; this many in a row are too much work. */
const turns = 3;

/**
 * How late the event loop is; what waits in the sockets waits at least as long. The least of the last few
 * turns counts: it reacts at once, while a mean over a second would first let too much in and then keep too
 * much out.
 */
export class LoopLateness {
  readonly #timer: NodeJS.Timeout;
  readonly #last: number[] = [];
  #due = performance.now() + interval;

  constructor() {
    this.#timer = setInterval(() => this.#look(), interval);
    this.#timer.unref();
  }

  /** The lateness in ms. */
  get now(): number {
    return this.#last.length < turns ? 0 : Math.min(...this.#last);
  }

  /** How late the turn under way is, in ms; negative if the next measurement is not due. */
  get unfinished(): number {
    return performance.now() - this.#due;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = performance.now();
    this.#last.push(now - this.#due);
    if (this.#last.length > turns) this.#last.shift();
    this.#due = now + interval;
  }
}
