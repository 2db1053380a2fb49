/** Counts occurrences by name. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, count = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + count);
  }

  /** The count of all names that contain this text. */
  countOf(part: string): number {
    let sum = 0;
    for (const [what, count] of this.#counts) if (what.includes(part)) sum += count;
    return sum;
  }

  /** Most frequent first. */
  toString(): string {
    const counts = [...this.#counts].toSorted(([, one], [, other]) => other - one).slice(0, 8);
    return counts.map(([what, count]) => `${count} × ${what}`).join(', ') || 'nothing was answered';
  }
}
