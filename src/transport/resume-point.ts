/** How long after its `connection_init` a socket's subscriptions begin where that says, in ms. */
const goodFor = 60_000;
/** Operations that one `connection_init` may name. */
const mostOperations = 1_000;

/** What a client hears that has sent something else. */
export const wrongResumePoint = `after: give a cursor, or an object of at most ${mostOperations} cursors by operation name`;

/**
 * Where the subscriptions of a socket begin that give no `after` of their own: what clients say that come back, once
 * for all that they had open. It is forgotten after a minute. A subscription that begins later begins with what comes
 * then: it is a new one, and events of hours ago are not what it was made for.
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
   * @returns undefined if it says nothing, null if it is neither a cursor nor an object of cursors
   */
  static read(after: unknown): ResumePoint | undefined | null {
    if (after === undefined || after === null) return undefined;
    if (typeof after === 'string') return new ResumePoint(after);
    const cursors = typeof after === 'object' && !Array.isArray(after) ? byName(after) : null;
    return cursors && new ResumePoint(cursors);
  }

  /** The cursor for an operation, as the client gave it: whether it is good is looked at where it is used. */
  cursorFor(operationName: string | undefined): string | undefined {
    if (typeof this.#cursors === 'string') return this.#cursors;
    return operationName === undefined ? undefined : this.#cursors?.get(operationName);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#cursors = undefined;
  }
}

/** Null means that there is none yet, as for a subscription that has had no event. */
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
