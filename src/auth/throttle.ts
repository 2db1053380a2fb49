import { createHash, randomUUID } from 'node:crypto';
import type { Logger } from '../logger.ts';
import type { Flow } from './flow.ts';
import type { Guesses, GuessLimits, GuessOutcome, Permit, RefusedGuess, Tally } from './guesses.ts';
import { Lines, type LinesOptions } from './lines.ts';
import { tooMany } from './turns.ts';

/** "10 wrong tries in 15 minutes", and 50 from known addresses (CONTRACT.md, "Authentication"). */
const [mostWrong, mostWrongFromKnown] = [10, 50];
/** A permit is held for longer than any try takes, including its wait for a turn. */
export const guessLimits: GuessLimits = { window: 15 * 60_000, held: 10_000 };

export interface ThrottleOptions {
  /** The tries that this process has seen. They alone decide while the shared ones are unreachable. */
  readonly own: Guesses;
  /** The tries that all processes have seen; left out if this process serves alone. */
  readonly shared?: Guesses | undefined;
  readonly log: Logger;
  /** How many may wait for tries that are under way. */
  readonly lines?: Partial<LinesOptions>;
}

/** The login has used up its wrong tries; nothing was tried. */
export class Throttled {
  /** Whole seconds. */
  readonly retryAfter: number;
  /** Whether nobody else was told within the window. */
  readonly first: boolean;

  constructor({ retryAfter, first }: RefusedGuess) {
    this.retryAfter = Math.max(1, Math.ceil(retryAfter / 1_000));
    this.first = first;
  }
}

/** How often a caller who waits checks whether another process has returned a permit, in ms. */
const lookEvery = 20;

/** Lets through only so many wrong tries of a login within a window, however many processes they come from. */
export class Throttle {
  readonly #options: ThrottleOptions;
  /** One caller at a time asks for a permit of a tally; the others wait behind it. */
  readonly #lines: Lines;
  /** For each line, wakes the first caller who waits for a try that is under way. */
  readonly #wakers = new Map<string, () => void>();
  #away = false;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    this.#lines = new Lines({ mostWaiting: 1_000, mostInLine: 100, mostOfOne: 300, ...options.lines });
  }

  /**
   * Tries a password. A known flow has a separate limit, but its wrong tries count for the others all the same.
   * @param login what is tried: an account, or a login that nobody has
   * @param isRight false counts as a wrong try; if it throws, nothing counts
   * @throws ApiError RATE_LIMITED or SERVICE_UNAVAILABLE if too many wait already, or for too long
   */
  async guess(login: string, flow: Flow, isRight: () => Promise<boolean>): Promise<boolean | Throttled> {
    const usual: Tally = { key: keyOf(login), mostWrong };
    const known: Tally = { key: keyOf(`known ${login}`), mostWrong: mostWrongFromKnown };
    const [decisive, ...others] = flow.isKnown ? [known, usual] : [usual];
    const ticket = randomUUID();
    const takePermit = () => this.#takePermit(decisive, ticket, flow.until);
    const permit = await this.#lines.inTurn(decisive.key, flow, takePermit);
    if (permit.state === 'REFUSED') return new Throttled(permit);
    return this.#conclude([decisive, ...others], ticket, isRight);
  }

  async #conclude(
    tallies: readonly Tally[],
    ticket: string,
    isRight: () => Promise<boolean>,
  ): Promise<boolean> {
    let outcome: GuessOutcome = 'RIGHT';
    try {
      const right = await isRight();
      if (!right) outcome = 'WRONG';
      return right;
    } finally {
      await Promise.all(tallies.map((tally) => this.#end(tally, ticket, outcome)));
    }
  }

  async #takePermit(
    tally: Tally,
    ticket: string,
    until: number,
  ): Promise<Exclude<Permit, { state: 'WAIT' }>> {
    for (;;) {
      const permit = await this.#begin(tally, ticket);
      if (permit.state !== 'WAIT') return permit;
      if (performance.now() > until) throw tooMany();
      await this.#tryEnded(tally);
    }
  }

  /** Resolves when a try of this process has ended, or when it is time to check those of the others. */
  async #tryEnded({ key }: Tally): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, lookEvery);
    this.#wakers.set(key, resolve);
    await promise;
    clearTimeout(timer);
    this.#wakers.delete(key);
  }

  async #begin(tally: Tally, ticket: string): Promise<Permit> {
    const shared = await this.#ask((guesses) => guesses.begin(tally, ticket));
    if (shared !== undefined && shared.state !== 'TAKEN') return shared;
    // A Redis that came back empty knows less than this process does.
    const own = await this.#options.own.begin(tally, ticket);
    if (shared !== undefined && own.state !== 'TAKEN')
      await this.#ask((guesses) => guesses.end(tally, ticket, 'RIGHT'));
    return own;
  }

  async #end(tally: Tally, ticket: string, outcome: GuessOutcome): Promise<void> {
    await this.#options.own.end(tally, ticket, outcome);
    await this.#ask((guesses) => guesses.end(tally, ticket, outcome));
    this.#wakers.get(tally.key)?.();
  }

  /** Undefined if Redis is unreachable, or there is none. */
  async #ask<T>(question: (guesses: Guesses) => Promise<T> | T): Promise<T | undefined> {
    const { shared, log } = this.#options;
    if (shared === undefined) return undefined;
    try {
      const answer = await question(shared);
      if (this.#away) log.info('Redis is back: wrong passwords are counted across all processes');
      this.#away = false;
      return answer;
    } catch (error) {
      // Only the message: an error of ioredis carries its command.
      const reason = error instanceof Error ? error.message : undefined;
      if (!this.#away)
        log.warn({ reason }, 'Redis is unreachable: each process counts wrong passwords on its own');
      this.#away = true;
      return undefined;
    }
  }
}

/** Hashed, so that Redis does not show whose password was tried. */
function keyOf(login: string): string {
  return createHash('sha256').update(login).digest('base64url');
}
