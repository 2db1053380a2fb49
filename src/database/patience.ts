import { AsyncLocalStorage } from 'node:async_hooks';

/** How long a request waits for PostgreSQL, all its statements together, in ms: then it is answered within 5 s. */
export const requestPatience = 4_000;

export interface PatienceOptions {
  /** Left out, as long as any request. */
  readonly ms?: number;
  /** The group of the address from which the request comes. */
  readonly flow?: string | undefined;
}

/**
 * What is left of the time that one request may wait for PostgreSQL. Only waiting counts, and statements that wait side
 * by side count once: a request that waits for something else, such as a password's hash, loses nothing.
 */
export class Patience {
  /** Who asks, as far as that says whose turn it is; left out, each request is somebody else's. */
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

  /** The request is answered: what it began and what outlives it is in no hurry any more. */
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

/** Runs the work of a request, and all that it begins. */
export function withPatience<T>(patience: Patience, work: () => T): T {
  return patiences.run(patience, work);
}

/** Runs what no request waits for, whoever woke it: each statement has its own time, however long it goes on. */
export function unhurried<T>(work: () => T): T {
  return patiences.run(undefined, work);
}

/** Whether a request waits for what runs here. */
export function isHurried(): boolean {
  return patiences.getStore() !== undefined;
}

/** For whom something runs here; undefined if that is for no one address. */
export function currentFlow(): string | undefined {
  return patiences.getStore()?.flow;
}

/**
 * Waits for PostgreSQL.
 * @param limit ms, for what has no request behind it or a patient one
 * @param wait told how long it may take, which can be nothing
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
