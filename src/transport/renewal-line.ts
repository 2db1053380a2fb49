/** How many fresh tokens of one socket wait at most: an honest client sends one, and waits for its pong. */
const mostWaiting = 16;

interface Line {
  length: number;
  last: Promise<unknown>;
}

/** Looks at the fresh tokens of each socket one after the other. */
export class RenewalLine {
  readonly #lines = new WeakMap<object, Line>();

  /** @returns undefined where too many wait already */
  async inTurn<T>(socket: object, renew: () => Promise<T>): Promise<T | undefined> {
    const line = this.#lines.get(socket) ?? { length: 0, last: Promise.resolve() };
    if (line.length > mostWaiting) return undefined;
    this.#lines.set(socket, line);
    line.length++;
    const turn = line.last.then(renew).finally(() => line.length--);
    // What goes wrong with one is nothing to the next.
    line.last = turn.catch(() => undefined);
    return turn;
  }
}
