import { LRUCache } from 'lru-cache';

export interface NoteBudgetOptions {
  /** The most notes of one address in a minute. */
  readonly ofOne?: number;
  /** The most notes in a minute, in all. */
  readonly inAll?: number;
  /** Milliseconds since 1970; by default the system's clock. */
  readonly now?: () => number;
}

interface Minute {
  readonly ends: number;
  written: number;
}

const minute = 60_000;
const mostAddresses = 10_000;
const all = 'all';

/** Limits how many failed guesses a process notes: the audit is never emptied, and anybody who guesses adds to it. */
export class NoteBudget {
  readonly #ofOne: number;
  readonly #inAll: number;
  readonly #now: () => number;
  readonly #minutes = new LRUCache<string, Minute>({ max: mostAddresses });
  /** How many were left out since the last note, by address. */
  readonly #leftOut = new LRUCache<string, number>({ max: mostAddresses });

  constructor({ ofOne = 60, inAll = 600, now = Date.now }: NoteBudgetOptions = {}) {
    this.#ofOne = ofOne;
    this.#inAll = inAll;
    this.#now = now;
  }

  /** @returns how many notes of this address were left out before this one; null if this one is to be left out */
  spend(address: string): number | null {
    const [own, together] = [this.#minuteOf(`of ${address}`), this.#minuteOf(all)];
    const leftOut = this.#leftOut.get(address) ?? 0;
    if (own.written >= this.#ofOne || together.written >= this.#inAll) {
      this.#leftOut.set(address, leftOut + 1);
      return null;
    }
    own.written++;
    together.written++;
    this.#leftOut.delete(address);
    return leftOut;
  }

  #minuteOf(key: string): Minute {
    const now = this.#now();
    const known = this.#minutes.get(key);
    if (known !== undefined && known.ends > now) return known;
    const fresh = { ends: now + minute, written: 0 };
    this.#minutes.set(key, fresh);
    return fresh;
  }
}
