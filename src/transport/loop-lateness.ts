/** Between two looks, in ms. */
const interval = 20;
/** One late turn is a pause; so many, one after the other, are too much work. */
const turns = 3;

/**
 * How late the event loop is: what waits in the sockets waits at least as long. The least of the last few turns counts,
 * and it is known at once, where a mean over a second would let too much in first, and keep too much out afterwards.
 */
export class LoopLateness {
  readonly #timer: NodeJS.Timeout;
  readonly #last: number[] = [];
  #due = performance.now() + interval;

  constructor() {
    this.#timer = setInterval(() => this.#look(), interval);
    this.#timer.unref();
  }

  /** In ms. */
  get now(): number {
    return this.#last.length < turns ? 0 : Math.min(...this.#last);
  }

  /** How late the turn is that is not over yet, in ms; negative if the next look is not due. */
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
