import { FairQueue } from '../database/fair-queue.ts';
import { ApiError } from '../domain/errors.ts';
import type { Flow } from './flow.ts';

export interface TurnsOptions {
  /** How many run at once. */
  readonly atOnce: number;
  /** How many wait, of those who are known, and again of the others. */
  readonly mostWaiting: number;
  /** How many of them may be one flow's. */
  readonly mostOfOne: number;
  /** Milliseconds: how long anybody waits. */
  readonly patience: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: (error: ApiError) => void;
}

/** Of so many turns in a row, the last is for those who are not known. */
const round = 4;
/** What a turn is taken to last before any has ended, and what it counts for at most, in ms. */
const [firstGuess, mostCounted] = [20, 250];

/**
 * Lets a few run at once. The others wait, each flow in a line of their own, and those who are known go first.
 *
 * p-limit has one queue, which takes everybody in and lets nobody go: neither lines, nor an order between them, nor a
 * bound, nor a wait that ends by itself.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #known = new FairQueue<Waiting>();
  readonly #others = new FairQueue<Waiting>();
  #running = 0;
  /** How many who are known have come since one who is not. */
  #inRow = 0;
  /** How long a turn lasts of late, in ms. */
  #duration = firstGuess;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /**
   * @throws ApiError RATE_LIMITED where the flow has enough that waits, SERVICE_UNAVAILABLE where too many others do:
   *   at once, if the turn is not to be expected in time
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
    const waiting: Waiting = { begin: settle(resolve), refuse: settle(reject) };
    queue.push(key, waiting);
    return promise;
  }

  /** Milliseconds, if nobody comes who goes first. */
  #expectedWait({ key, isKnown }: Flow): number {
    const [known, others] = [this.#known, this.#others];
    const between = round - 1;
    const own = (isKnown ? known : others).ahead(key);
    const crossing = isKnown
      ? Math.min(others.size, Math.ceil(own / between))
      : Math.min(known.size, (own + 1) * between);
    return ((own + crossing + 1) * this.#duration) / this.#options.atOnce;
  }

  /** Where all is full, whoever has the most that waits gives way to whoever has less. */
  #makeRoom(queue: FairQueue<Waiting>, key: string): void {
    if (queue.size < this.#options.mostWaiting) return;
    const dropped = queue.dropFromLongest(queue.lengthOf(key) + 1);
    if (dropped === undefined) throw tooMany();
    dropped.refuse(tooMany());
  }

  #pass(): void {
    const next = this.#next();
    // The turn passes straight on, so that nobody who comes later can take it.
    if (next) next.begin();
    else this.#running--;
  }

  #next(): Waiting | undefined {
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

/** So much of one flow's waits that more has to come later. */
export function tooManyOfOne(): ApiError {
  const message = 'Too many of your requests are waiting for a password check. Try again in a moment.';
  return new ApiError('RATE_LIMITED', message, { retryAfter: 1 });
}
