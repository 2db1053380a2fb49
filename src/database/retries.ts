const first = 100;
const longest = 5_000;

interface Retry {
  /** The pause before it, in ms. */
  pause: number;
  timer: NodeJS.Timeout | undefined;
}

/** Retries what was refused, each key separately, after pauses that grow to five seconds, until it is forgotten. */
export class Retries<Key> {
  readonly #retries = new Map<Key, Retry>();
  readonly #attempt: (key: Key) => void;

  /** @param attempt tries once, and calls `later` or `forget`; must not throw */
  constructor(attempt: (key: Key) => void) {
    this.#attempt = attempt;
  }

  /** How many keys wait for a retry. */
  get size(): number {
    return this.#retries.size;
  }

  has(key: Key): boolean {
    return this.#retries.has(key);
  }

  /** The attempt was refused, perhaps again. */
  later(key: Key): void {
    const known = this.#retries.get(key);
    if (known?.timer !== undefined) return;
    const retry = known ?? { pause: first / 2, timer: undefined };
    retry.pause = Math.min(retry.pause * 2, longest);
    retry.timer = setTimeout(() => {
      retry.timer = undefined;
      this.#attempt(key);
    }, retry.pause);
    this.#retries.set(key, retry);
  }

  /** The attempt succeeded, or nobody wants it any more. */
  forget(key: Key): void {
    clearTimeout(this.#retries.get(key)?.timer);
    this.#retries.delete(key);
  }

  clear(): void {
    for (const key of this.#retries.keys()) this.forget(key);
  }
}
