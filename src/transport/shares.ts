/** How many things each asker has at once. */
export class Shares {
  readonly #ofEach = new Map<string, number>();
  /** How many askers have at least so many, by the number. */
  readonly #atLeast: number[] = [];
  #size = 0;

  /** Of all together. */
  get size(): number {
    return this.#size;
  }

  /** @returns ends it; it may be ended twice */
  add(asker: string): () => void {
    const count = (this.#ofEach.get(asker) ?? 0) + 1;
    this.#ofEach.set(asker, count);
    this.#atLeast[count] = (this.#atLeast[count] ?? 0) + 1;
    this.#size++;
    let ended = false;
    return () => {
      if (!ended) this.#remove(asker);
      ended = true;
    };
  }

  /**
   * Whether there would be fewer than `few` if nobody had more than this asker would have with one more: then it is
   * others who are too many.
   */
  isModest(asker: string, few: number): boolean {
    const most = (this.#ofEach.get(asker) ?? 0) + 1;
    let size = 0;
    for (let count = 1; count <= most && size < few; count++) size += this.#atLeast[count] ?? 0;
    return size < few;
  }

  #remove(asker: string): void {
    const count = this.#ofEach.get(asker) ?? 0;
    this.#atLeast[count] = (this.#atLeast[count] ?? 0) - 1;
    if (count > 1) this.#ofEach.set(asker, count - 1);
    else this.#ofEach.delete(asker);
    this.#size--;
  }
}
