import { FairQueue } from './fair-queue.ts';

export interface FairLimitOptions {
  /** How much work runs at once. */
  readonly most: number;
  /** How long work may begin before the event loop has its turn, in ms; if left out, there is no limit. */
  readonly slice?: number | undefined;
}

/**
 * Limits how much work runs at once, like p-limit. But p-limit has one queue, in which everyone waits behind a caller
 * that brings a thousand pieces of work. Here each key has its own line, and the lines take turns. Beginning work can
 * also pause for the event loop. Work must not wait for other work of the same limit.
 */
export class FairLimit {
  readonly #slice: number | undefined;
  readonly #waiting = new FairQueue<() => void, unknown>();
  #free: number;
  /** Undefined if no slice has begun. */
  #sliceEnd: number | undefined;

  constructor({ most, slice }: FairLimitOptions) {
    this.#free = most;
    this.#slice = slice;
  }

  /** Does the work when its line has a turn, in the asynchronous context of the caller. */
  async run<T>(key: unknown, work: () => T | Promise<T>): Promise<T> {
    if (this.#waiting.size === 0 && this.#free > 0 && this.#hasTime()) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(key, resolve));
    try {
      return await work();
    } finally {
      this.#free++;
      this.#next();
    }
  }

  #next(): void {
    while (this.#waiting.size > 0 && this.#free > 0 && this.#hasTime()) {
      this.#free--;
      this.#waiting.shift()?.();
    }
  }

  #hasTime(): boolean {
    if (this.#slice === undefined) return true;
    if (this.#sliceEnd === undefined) {
      this.#sliceEnd = performance.now() + this.#slice;
      setImmediate(() => {
        this.#sliceEnd = undefined;
        this.#next();
      });
    }
    return performance.now() < this.#sliceEnd;
  }
}
