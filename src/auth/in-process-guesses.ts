import { LRUCache } from 'lru-cache';
import type { Guesses, GuessLimits, GuessOutcome, Permit, Tally } from './guesses.ts';

export interface InProcessGuessesOptions extends GuessLimits {
  /** Milliseconds since 1970; if left out, the system's clock. */
  readonly now?: () => number;
  /** Most logins that are kept. The one that was tried longest ago is forgotten: its tries are nearly too old. */
  readonly mostLogins?: number;
}

interface Tries {
  /** When each wrong try stops counting, in order. */
  wrong: number[];
  /** When the permit of each try that is under way expires. */
  readonly underWay: Map<string, number>;
  /** Until when a refusal is not the first. */
  toldUntil: number;
}

/** The tries that this process has seen. */
export class InProcessGuesses implements Guesses {
  readonly #limits: GuessLimits;
  readonly #now: () => number;
  readonly #logins: LRUCache<string, Tries>;

  constructor({ now = () => Date.now(), mostLogins = 50_000, ...limits }: InProcessGuessesOptions) {
    this.#limits = limits;
    this.#now = now;
    this.#logins = new LRUCache({ max: mostLogins });
  }

  begin({ key, mostWrong }: Tally, ticket: string): Permit {
    const now = this.#now();
    const tries = this.#triesOf(key, now);
    const { window, held } = this.#limits;
    const [oldest] = tries.wrong;
    if (tries.wrong.length >= mostWrong && oldest !== undefined) {
      const first = tries.toldUntil <= now;
      if (first) tries.toldUntil = now + window;
      return { state: 'REFUSED', retryAfter: oldest - now, first };
    }
    if (tries.wrong.length + tries.underWay.size >= mostWrong) return { state: 'WAIT' };
    tries.underWay.set(ticket, now + held);
    return { state: 'TAKEN' };
  }

  end({ key, mostWrong }: Tally, ticket: string, outcome: GuessOutcome): void {
    const now = this.#now();
    const tries = this.#triesOf(key, now);
    tries.underWay.delete(ticket);
    if (outcome === 'WRONG') {
      tries.wrong = [...tries.wrong, now + this.#limits.window].slice(-mostWrong);
    }
    const idle = tries.wrong.length === 0 && tries.underWay.size === 0 && tries.toldUntil <= now;
    if (idle) this.#logins.delete(key);
  }

  #triesOf(key: string, now: number): Tries {
    const known = this.#logins.get(key);
    if (known === undefined) {
      const none: Tries = { wrong: [], underWay: new Map(), toldUntil: 0 };
      this.#logins.set(key, none);
      return none;
    }
    known.wrong = known.wrong.filter((until) => until > now);
    for (const [ticket, until] of known.underWay) if (until <= now) known.underWay.delete(ticket);
    return known;
  }
}
