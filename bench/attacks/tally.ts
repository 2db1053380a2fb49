/** How often something came, by what it was. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  /** How often something came whose name has this in it. */
  countOf(part: string): number {
    let sum = 0;
    for (const [what, count] of this.#counts) if (what.includes(part)) sum += count;
    return sum;
  }

  /** The most frequent first. */
  toString(): string {
    const counts = [...this.#counts].toSorted(([, one], [, other]) => other - one).slice(0, 8);
    return counts.map(([what, count]) => `${count} × ${what}`).join(', ') || 'nothing was answered';
  }
}
