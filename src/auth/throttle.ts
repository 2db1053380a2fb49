import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from '../logger.ts';
import { ApiError } from '../services/api-error.ts';
import type { Guesses, GuessLimits, GuessOutcome, Place, Refused } from './guesses.ts';

/** "10 wrong tries in 15 minutes" (CONTRACT.md, "Authentication"). */
export const guessLimits: GuessLimits = { mostWrong: 10, window: 15 * 60_000, held: 15_000 };

export interface ThrottleOptions {
  /** Those that this process has seen. They alone decide while the shared ones are away. */
  readonly own: Guesses;
  /** Those that all processes have seen; left out where this one serves alone. */
  readonly shared?: Guesses | undefined;
  readonly log: Logger;
  /** How many wait at most for tries that are under way. */
  readonly mostWaiting?: number;
  /** Milliseconds: how long one of them does. It is longer than a place is held. */
  readonly patience?: number;
}

/** The login has had its wrong tries; nothing was tried. */
export class Throttled {
  /** Whole seconds. */
  readonly retryAfter: number;
  /** Whether nobody else was told within the window. */
  readonly first: boolean;

  constructor({ retryAfter, first }: Refused) {
    this.retryAfter = Math.max(1, Math.ceil(retryAfter / 1_000));
    this.first = first;
  }
}

/** How often somebody who waits looks whether another process has given a place back, in ms. */
const lookEvery = 20;

/** Lets through so many wrong tries of a login in a while, and no more, from however many processes at once. */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #mostWaiting: number;
  readonly #patience: number;
  /** The last in the line of each login: one at a time asks for a place, the others come after it. */
  readonly #lines = new Map<string, Promise<void>>();
  /** Of each line, what wakes the first who waits for a try that is under way. */
  readonly #wakers = new Map<string, () => void>();
  #waiting = 0;
  #away = false;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    this.#mostWaiting = options.mostWaiting ?? 1_000;
    this.#patience = options.patience ?? 20_000;
  }

  /**
   * Tries a password.
   * @param login what is tried: an account, or a login that nobody has
   * @param isRight false counts as a wrong try; nothing counts where it throws
   * @throws ApiError SERVICE_UNAVAILABLE where too many wait already, or for too long
   */
  async guess(login: string, isRight: () => Promise<boolean>): Promise<boolean | Throttled> {
    const key = keyOf(login);
    const ticket = randomUUID();
    const place = await this.#inLine(key, () => this.#takePlace(key, ticket));
    return place.state === 'REFUSED' ? new Throttled(place) : this.#conclude(key, ticket, isRight);
  }

  /** The same from an address that is known: it is let through, and a wrong try counts all the same. */
  guessFromKnownAddress(login: string, isRight: () => Promise<boolean>): Promise<boolean> {
    return this.#conclude(keyOf(login), randomUUID(), isRight);
  }

  async #conclude(key: string, ticket: string, isRight: () => Promise<boolean>): Promise<boolean> {
    let outcome: GuessOutcome = 'RIGHT';
    try {
      const right = await isRight();
      if (!right) outcome = 'WRONG';
      return right;
    } finally {
      await this.#end(key, ticket, outcome);
    }
  }

  async #inLine<T>(key: string, work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#mostWaiting) throw tooMany();
    this.#waiting++;
    const before = this.#lines.get(key);
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#lines.set(key, done);
    try {
      await before;
      return await work();
    } finally {
      this.#waiting--;
      if (this.#lines.get(key) === done) this.#lines.delete(key);
      resolve();
    }
  }

  async #takePlace(key: string, ticket: string): Promise<Exclude<Place, { state: 'WAIT' }>> {
    const deadline = performance.now() + this.#patience;
    for (;;) {
      const place = await this.#begin(key, ticket);
      if (place.state !== 'WAIT') return place;
      if (performance.now() > deadline) throw tooMany();
      await this.#tryEnded(key);
    }
  }

  /** Resolves when a try of this process has ended, or when it is time to look at those of the others. */
  async #tryEnded(key: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lookEvery);
    this.#wakers.set(key, resolve);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(key);
  }

  async #begin(key: string, ticket: string): Promise<Place> {
    const shared = await this.#ask((guesses) => guesses.begin(key, ticket));
    if (shared !== undefined && shared.state !== 'TAKEN') return shared;
    // A Redis that came back empty knows less than this process does.
    const own = await this.#options.own.begin(key, ticket);
    if (shared !== undefined && own.state !== 'TAKEN')
      await this.#ask((guesses) => guesses.end(key, ticket, 'RIGHT'));
    return own;
  }

  async #end(key: string, ticket: string, outcome: GuessOutcome): Promise<void> {
    await this.#options.own.end(key, ticket, outcome);
    await this.#ask((guesses) => guesses.end(key, ticket, outcome));
    this.#wakers.get(key)?.();
  }

  /** Undefined where Redis is away, or there is none. */
  async #ask<T>(question: (guesses: Guesses) => Promise<T> | T): Promise<T | undefined> {
    const { shared, log } = this.#options;
    if (shared === undefined) return undefined;
    try {
      const answer = await question(shared);
      if (this.#away) log.info('Redis is back: wrong passwords are counted for all processes together');
      this.#away = false;
      return answer;
    } catch (error) {
      // The message alone: an error of ioredis carries its command.
      const reason = error instanceof Error ? error.message : undefined;
      if (!this.#away) log.warn({ reason }, 'Redis is away: each process counts wrong passwords by itself');
      this.#away = true;
      return undefined;
    }
  }
}

/** Nobody reads in Redis who was tried. */
function keyOf(login: string): string {
  return createHash('sha256').update(login).digest('base64url');
}

function tooMany(): ApiError {
  return new ApiError('SERVICE_UNAVAILABLE', 'Too many are signing in at once. Try again in a moment.');
}
