/** Counts how many things each flow has at once. */
export class Shares {
  readonly #ofEach = new Map<string, number>();
  /** How many flows have at least `n` things, by `n`. */
  readonly #atLeast: number[] = [];
  #size = 0;

  /** The count of all flows together. */
  get size(): number {
    return this.#size;
  }

  /** @returns ends it; may be called twice */
  add(flow: string): () => void {
    const count = (this.#ofEach.get(flow) ?? 0) + 1;
    this.#ofEach.set(flow, count);
    this.#atLeast[count] = (this.#atLeast[count] ?? 0) + 1;
    this.#size++;
    let ended = false;
    return () => {
      if (!ended) this.#remove(flow);
      ended = true;
    };
  }

  /**
   * Whether there would be fewer than `few` things if no flow had more than this one would have with one
   * more. Then other flows cause the load.
   */
  isModest(flow: string, few: number): boolean {
    const most = (this.#ofEach.get(flow) ?? 0) + 1;
    let size = 0;
    for (let count = 1; count <= most && size < few; count++) size += this.#atLeast[count] ?? 0;
    return size < few;
  }

  #remove(flow: string): void {
    const count = this.#ofEach.get(flow) ?? 0;
    this.#atLeast[count] = (this.#atLeast[count] ?? 0) - 1;
    if (count > 1) this.#ofEach.set(flow, count - 1);
    else this.#ofEach.delete(flow);
    this.#size--;
  }
}
