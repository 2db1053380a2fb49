/** A queue in which each key has its own line, and the lines take turns: a long line delays no other. */
export class FairQueue<Item, Key = string> {
  /** The line whose turn is next comes first; no line is empty. */
  readonly #lines = new Map<Key, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  lengthOf(key: Key): number {
    return this.#lines.get(key)?.size ?? 0;
  }

  /** How many have their turn before the next item of this line would. */
  ahead(key: Key): number {
    const own = this.lengthOf(key);
    let ahead = 0;
    for (const { size } of this.#lines.values()) ahead += Math.min(size, own + 1);
    return ahead;
  }

  /** @param item must not be in the queue already */
  push(key: Key, item: Item): void {
    const line = this.#lines.get(key);
    if (line === undefined) this.#lines.set(key, new Set([item]));
    else line.add(item);
    this.#size++;
  }

  /** Takes out the item whose turn it is. */
  shift(): Item | undefined {
    for (const [key, line] of this.#lines) {
      const [item] = line;
      this.#lines.delete(key);
      if (item !== undefined) line.delete(item);
      if (line.size > 0) this.#lines.set(key, line);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** Takes out an item that no longer waits; does nothing if it has gone already. */
  remove(key: Key, item: Item): void {
    const line = this.#lines.get(key);
    if (!line?.delete(item)) return;
    if (line.size === 0) this.#lines.delete(key);
    this.#size--;
  }

  /** Takes the last item out of the longest line, if that line has more than `moreThan` items. */
  dropFromLongest(moreThan: number): Item | undefined {
    let longest: [Key, Set<Item>] | undefined;
    for (const line of this.#lines) if (line[1].size > (longest?.[1].size ?? moreThan)) longest = line;
    const item = longest === undefined ? undefined : [...longest[1]].at(-1);
    if (longest !== undefined && item !== undefined) this.remove(longest[0], item);
    return item;
  }
}
