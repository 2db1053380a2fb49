/** A queue in which each has a line of their own, and the lines take turns: whoever brings much waits for it alone. */
export class FairQueue<Item> {
  /** Whose turn is next stands first; no line is empty. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  lengthOf(key: string): number {
    return this.#lines.get(key)?.length ?? 0;
  }

  /** How many have their turn before the next one of this line would. */
  ahead(key: string): number {
    const own = this.lengthOf(key);
    let ahead = 0;
    for (const { length } of this.#lines.values()) ahead += Math.min(length, own + 1);
    return ahead;
  }

  push(key: string, item: Item): void {
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, [item]);
    else line.push(item);
    this.#size++;
  }

  /** Takes out whose turn it is. */
  shift(): Item | undefined {
    for (const [key, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(key);
      if (line.length > 0) this.#lines.set(key, line);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes out one that waits no longer; one that has gone already makes no difference. */
  remove(key: string, item: Item): void {
    const line = this.#lines.get(key);
    const at = line?.indexOf(item) ?? -1;
    if (line === undefined || at < 0) return;
    line.splice(at, 1);
    if (line.length === 0) this.#lines.delete(key);
    this.#size--;
  }

  /** Takes the last one out of the longest line, if that is longer than so many. */
  dropFromLongest(moreThan: number): Item | undefined {
    let longest: [string, Item[]] | undefined;
    for (const line of this.#lines) if (line[1].length > (longest?.[1].length ?? moreThan)) longest = line;
    const item = longest?.[1].at(-1);
    if (longest !== undefined && item !== undefined) this.remove(longest[0], item);
    return item;
  }
}
