import { LRUCache } from 'lru-cache';

export interface NoteBudgetOptions {
  /** How many notes of one address are written a minute. */
  readonly ofOne?: number;
  /** How many are written a minute in all. */
  readonly inAll?: number;
  /** Milliseconds since 1970; left out, the system's clock. */
  readonly now?: () => number;
}

interface Minute {
  readonly ends: number;
  written: number;
}

const minute = 60_000;
const mostAddresses = 10_000;
const all = 'all';

/** How many failed guesses a process notes: the record is never emptied, and whoever guesses writes into it. */
export class NoteBudget {
  readonly #ofOne: number;
  readonly #inAll: number;
  readonly #now: () => number;
  readonly #minutes = new LRUCache<string, Minute>({ max: mostAddresses });
  /** Of each address, how many were left out since the last that was written. */
  readonly #leftOut = new LRUCache<string, number>({ max: mostAddresses });

  constructor({ ofOne = 60, inAll = 600, now = Date.now }: NoteBudgetOptions = {}) {
    this.#ofOne = ofOne;
    this.#inAll = inAll;
    this.#now = now;
  }

  /** @returns how many of this address were left out before this one; null where it is left out itself */
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
