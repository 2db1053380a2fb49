import { AsyncLocalStorage } from 'node:async_hooks';

/** How long a request waits for PostgreSQL in total, in ms: so it is answered within 5 s. */
export const requestPatience = 4_000;

export interface PatienceOptions {
  /** If left out, as long as any request. */
  readonly ms?: number;
  /** The group of the address from which the request comes. */
  readonly flow?: string | undefined;
}

/**
 * What is left of the time that one request may wait for PostgreSQL. Only waiting counts, and statements that wait side
 * by side count once. While a request waits for something else, such as the hash of a password, it loses nothing.
 */
export class Patience {
  /** The flow whose turn the request takes; if left out, each request is a separate flow. */
  readonly flow: string | undefined;
  #left: number;
  #waiting = 0;
  #since = 0;

  constructor({ ms = requestPatience, flow }: PatienceOptions = {}) {
    this.flow = flow;
    this.#left = ms;
  }

  get left(): number {
    return this.#waiting === 0 ? this.#left : this.#left - (performance.now() - this.#since);
  }

  /** The request is answered: work that it began and that outlives it is no longer in a hurry. */
  end(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  begin(): void {
    if (this.#waiting++ === 0) this.#since = performance.now();
  }

  pause(): void {
    if (--this.#waiting === 0) this.#left -= performance.now() - this.#since;
  }
}

const patiences = new AsyncLocalStorage<Patience | undefined>();

/** Runs the work of a request, and everything that it begins, with this patience. */
export function withPatience<T>(patience: Patience, work: () => T): T {
  return patiences.run(patience, work);
}

/** Runs work that no request waits for, even if one woke it: each statement has the full time, without a total. */
export function unhurried<T>(work: () => T): T {
  return patiences.run(undefined, work);
}

/** Whether a request waits for what runs here. */
export function isHurried(): boolean {
  return patiences.getStore() !== undefined;
}

/** The flow that something runs for here; undefined if it is for no single address. */
export function currentFlow(): string | undefined {
  return patiences.getStore()?.flow;
}

/**
 * Waits for PostgreSQL.
 * @param limit in ms, if no request waits for this, or one that has more time left
 * @param wait is told how long it may take, which can be nothing
 */
export async function patiently<T>(limit: number, wait: (ms: number) => Promise<T>): Promise<T> {
  const patience = patiences.getStore();
  if (patience === undefined) return wait(limit);
  const ms = Math.min(limit, patience.left);
  patience.begin();
  try {
    return await wait(ms);
  } finally {
    patience.pause();
  }
}
