import type { Flow } from './flow.ts';
import { tooMany, tooManyOfOne } from './turns.ts';

export interface LinesOptions {
  /** Most that wait in total: of known flows, and again of the others. */
  readonly mostWaiting: number;
  /** Most that wait in one line. */
  readonly mostInLine: number;
  /** Most of one flow that wait, in all lines together. */
  readonly mostOfOne: number;
}

/**
 * Lines in which one at a time is served, in the order in which they came.
 *
 * p-limit also serves one at a time, but it accepts everyone, and those who wait cannot give up.
 */
export class Lines {
  readonly #options: LinesOptions;
  /** Resolves when the last in the line has been served. */
  readonly #last = new Map<string, Promise<void>>();
  /** Counts by line, by flow, and of all who are known and all who are not. */
  readonly #counts = new Map<string, number>();

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /**
   * Does the work when everyone ahead of it in the line has been served.
   * @throws ApiError RATE_LIMITED if the flow has enough that waits, SERVICE_UNAVAILABLE if too many others wait, or
   *   the flow has waited for too long
   */
  async inTurn<T>(line: string, flow: Flow, work: () => Promise<T>): Promise<T> {
    const leave = this.#enter(line, flow);
    const before = this.#last.get(line) ?? Promise.resolve();
    const { promise: served, resolve } = Promise.withResolvers<void>();
    // If this one gives up, those behind it still wait for those ahead of it.
    const last = before.then(() => served);
    this.#last.set(line, last);
    try {
      if (!(await doneBy(before, flow.until))) throw tooMany();
      return await work();
    } finally {
      leave();
      resolve();
      void last.then(() => this.#last.get(line) === last && this.#last.delete(line));
    }
  }

  /** @returns a function to call when the flow leaves */
  #enter(line: string, { key, isKnown }: Flow): () => void {
    const { mostWaiting, mostInLine, mostOfOne } = this.#options;
    const all = isKnown ? 'known' : 'others';
    const counted = [all, `line ${line}`, `of ${key}`];
    const [waiting = 0, inLine = 0, own = 0] = counted.map((name) => this.#counts.get(name) ?? 0);
    if (own >= mostOfOne) throw tooManyOfOne();
    if (waiting >= mostWaiting || inLine >= mostInLine) throw tooMany();
    for (const name of counted) this.#add(name, 1);
    return () => {
      for (const name of counted) this.#add(name, -1);
    };
  }

  #add(name: string, change: number): void {
    const count = (this.#counts.get(name) ?? 0) + change;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}

/** Whether it is done by `until`, a time of `performance.now()`. */
async function doneBy(done: Promise<void>, until: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(
    () => resolve(false),
    Math.max(0, Math.min(until - performance.now(), longestTimer)),
  );
  try {
    return await Promise.race([done.then(() => true), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** In ms; a timer cannot wait for infinity. */
const longestTimer = 60_000;
