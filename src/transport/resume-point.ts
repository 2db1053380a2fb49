/** How long after its `connection_init` the subscriptions of a socket begin at its `after`, in ms. */
const goodFor = 60_000;
/** The most operations that one `connection_init` may name. */
const mostOperations = 1_000;

/** What a client is told if its `after` is invalid. */
export const wrongResumePoint = `after: give a cursor, or an object of at most ${mostOperations} cursors by operation name`;

/**
 * Where subscriptions without an `after` of their own begin on this socket. A client that reconnects sends it
 * once for all that it had open. It is forgotten after a minute: a subscription that begins later is a new
 * one, and begins with the next event instead of with those of hours ago.
 */
export class ResumePoint {
  #cursors: string | ReadonlyMap<string, string> | undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(cursors: string | ReadonlyMap<string, string>) {
    this.#cursors = cursors;
    this.#timer = setTimeout(() => this.forget(), goodFor).unref();
  }

  /**
   * Reads the `after` of a `connection_init`.
   * @returns undefined if it is left out, null if it is neither a cursor nor an object of cursors
   */
  static read(after: unknown): ResumePoint | undefined | null {
    if (after === undefined || after === null) return undefined;
    if (typeof after === 'string') return new ResumePoint(after);
    const cursors = typeof after === 'object' && !Array.isArray(after) ? byName(after) : null;
    return cursors && new ResumePoint(cursors);
  }

  /** The cursor for an operation as the client sent it; it is checked where it is used. */
  cursorFor(operationName: string | undefined): string | undefined {
    if (typeof this.#cursors === 'string') return this.#cursors;
    return operationName === undefined ? undefined : this.#cursors?.get(operationName);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#cursors = undefined;
  }
}

/** Null means that there is no cursor yet, for example for a subscription that has had no event. */
function byName(after: object): ReadonlyMap<string, string> | null {
  const cursors = new Map<string, string>();
  const entries: [string, unknown][] = Object.entries(after);
  if (entries.length > mostOperations) return null;
  for (const [name, cursor] of entries) {
    if (typeof cursor === 'string') cursors.set(name, cursor);
    else if (cursor !== null) return null;
  }
  return cursors;
}
