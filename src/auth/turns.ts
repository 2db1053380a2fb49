import { FairQueue } from '../database/fair-queue.ts';
import { ApiError } from '../domain/errors.ts';
import type { Flow } from './flow.ts';

export interface TurnsOptions {
  /** How many run at once. */
  readonly atOnce: number;
  /** Most that wait: of known flows, and again of the others. */
  readonly mostWaiting: number;
  /** Most of them that belong to one flow. */
  readonly mostOfOne: number;
  /** How long anyone waits at most, in ms. */
  readonly patience: number;
}

interface WaitingTurn {
  readonly begin: () => void;
  readonly refuse: (error: ApiError) => void;
}

/** One turn in this many is for flows that are not known. */
const round = 4;
/** How long a turn is assumed to last before any has ended, and the most that one counts for, in ms. */
const [firstGuess, mostCounted] = [20, 250];

/**
 * Lets a few run at once. The others wait, each flow in its own line, and known flows go first.
 *
 * p-limit has one queue, which accepts everyone and lets nobody go: it has no lines, no order between them, no bound,
 * and no wait that ends by itself.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #known = new FairQueue<WaitingTurn>();
  readonly #others = new FairQueue<WaitingTurn>();
  #running = 0;
  /** How many known flows have had a turn since one that is not known. */
  #inRow = 0;
  /** How long turns have lasted recently, in ms. */
  #duration = firstGuess;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * @throws ApiError RATE_LIMITED if the flow has enough that waits, SERVICE_UNAVAILABLE if too many others wait: at
   *   once, if no turn is expected in time
   */
  async run<T>(flow: Flow, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.atOnce) this.#running++;
    else await this.#wait(flow);
    const begun = performance.now();
    try {
      return await work();
    } finally {
      const took = Math.min(performance.now() - begun, mostCounted);
      this.#duration += (took - this.#duration) / 10;
      this.#pass();
    }
  }

  #wait(flow: Flow): Promise<void> {
    const { key, isKnown, until } = flow;
    const queue = isKnown ? this.#known : this.#others;
    const patience = Math.min(this.#options.patience, until - performance.now());
    if (queue.lengthOf(key) >= this.#options.mostOfOne) throw tooManyOfOne();
    if (this.#expectedWait(flow) > patience) throw tooMany();
    this.#makeRoom(queue, key);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => {
      queue.remove(key, waiting);
      reject(tooMany());
    };
    const timer = setTimeout(giveUp, patience);
    const settle = <Value>(end: (value: Value) => void) => {
      return (value: Value) => {
        clearTimeout(timer);
        end(value);
      };
    };
    const waiting: WaitingTurn = { begin: settle(resolve), refuse: settle(reject) };
    queue.push(key, waiting);
    return promise;
  }

  /** In ms, if nobody comes who goes first. */
  #expectedWait({ key, isKnown }: Flow): number {
    const [known, others] = [this.#known, this.#others];
    const between = round - 1;
    const own = (isKnown ? known : others).ahead(key);
    const crossing = isKnown
      ? Math.min(others.size, Math.ceil(own / between))
      : Math.min(known.size, (own + 1) * between);
    return ((own + crossing + 1) * this.#duration) / this.#options.atOnce;
  }

  /** If everything is full, the flow with the most that waits gives way to a flow with less. */
  #makeRoom(queue: FairQueue<WaitingTurn>, key: string): void {
    if (queue.size < this.#options.mostWaiting) return;
    const dropped = queue.dropFromLongest(queue.lengthOf(key) + 1);
    if (dropped === undefined) throw tooMany();
    dropped.refuse(tooMany());
  }

  #pass(): void {
    const next = this.#next();
    // The turn is passed on directly, so that nobody who comes later can take it.
    if (next) next.begin();
    else this.#running--;
  }

  #next(): WaitingTurn | undefined {
    const isOthers = this.#inRow >= round - 1 || this.#known.size === 0;
    if (isOthers && this.#others.size > 0) {
      this.#inRow = 0;
      return this.#others.shift();
    }
    this.#inRow++;
    return this.#known.shift();
  }
}

/** Too many wait, or for too long. */
export function tooMany(): ApiError {
  const message = 'Too many people are signing in at once. Try again in a moment.';
  return new ApiError('SERVICE_UNAVAILABLE', message, { retryAfter: 1 });
}

/** Too many requests of one flow wait; more have to come later. */
export function tooManyOfOne(): ApiError {
  const message = 'Too many of your requests are waiting for a password check. Try again in a moment.';
  return new ApiError('RATE_LIMITED', message, { retryAfter: 1 });
}
