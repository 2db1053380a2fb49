import fc from 'fast-check';

/** Chooses, so that a case that failed can be repeated, and made smaller. */
export class Dice {
  readonly #gen: fc.GeneratorValue;

  constructor(gen: fc.GeneratorValue) {
    this.#gen = gen;
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    return this.#gen(fc.integer, { min: 0, max: Math.max(0, limit - 1) });
  }

  /** True so many times of a hundred. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of them. @throws Error if there is none */
  pick<T extends NonNullable<unknown> | null>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('There is nothing to choose from.');
    return picked;
  }

  /** So many of what is made, between the two numbers. */
  some<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make);
  }
}
