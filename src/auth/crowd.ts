/** Limits how many do something at once: in total, and for one flow. Beyond that, nobody waits: they are refused. */
export class Crowd {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #ofOne = new Map<string, number>();
  #size = 0;

  constructor(most: number, mostOfOne: number) {
    this.#most = most;
    this.#mostOfOne = mostOfOne;
  }

  /** @returns a function to call when the work has ended; null if the work may not begin */
  enter(key: string): (() => void) | null {
    const own = this.#ofOne.get(key) ?? 0;
    if (this.#size >= this.#most || own >= this.#mostOfOne) return null;
    this.#ofOne.set(key, own + 1);
    this.#size++;
    return () => this.#leave(key);
  }

  #leave(key: string): void {
    this.#size--;
    const own = (this.#ofOne.get(key) ?? 1) - 1;
    if (own === 0) this.#ofOne.delete(key);
    else this.#ofOne.set(key, own);
  }
}
