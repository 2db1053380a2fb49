import fc from 'fast-check';

/** Makes random choices through fast-check, so that a failing case can be repeated and shrunk. */
export class Dice {
  readonly #gen: fc.GeneratorValue;

  constructor(gen: fc.GeneratorValue) {
    this.#gen = gen;
  }

  /** An integer from 0 up to, but not including, the limit. */
  below(limit: number): number {
    return this.#gen(fc.integer, { min: 0, max: Math.max(0, limit - 1) });
  }

  /** True with a probability of `percent` per cent. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of the values. @throws Error if there is none */
  pick<T extends NonNullable<unknown> | null>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('There is nothing to choose from.');
    return picked;
  }

  /** Between `least` and `most` values from `make`. */
  some<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }
}
