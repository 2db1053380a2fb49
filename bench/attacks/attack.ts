import type pg from 'pg';
import type { Tally } from './tally.ts';

/** What an attack needs of what is there, found out before it begins. */
export interface Prey {
  readonly tokens?: readonly string[];
  readonly ids?: readonly string[];
  readonly cursor?: string;
}

/** Where an attack is prepared: before anything is measured. */
export interface Ground {
  readonly url: string;
  readonly sql: pg.Pool;
  /** Where the stream of live events stood before the old events. */
  readonly oldCursor: string;
  /** The access token of one of the people that the attackers have. */
  signIn(username: string): Promise<string>;
}

/** What an attack runs against, in a process of its own. */
export interface Target {
  readonly url: string;
  readonly prey: Prey;
  /** Aborted when its time is over. */
  readonly signal: AbortSignal;
  /** What becomes of what is sent. */
  readonly tally: Tally;
}

export interface Attack {
  /** One line. */
  readonly summary: string;
  /** How long it runs; left out, 6 s. */
  readonly seconds?: number;
  /** Whether somebody else signs in meanwhile, and how long that takes is told. */
  readonly othersSignIn?: boolean;
  /** What is promised of it while nothing else is asked: measured before it begins, and printed. */
  isKeptAtFirst?(url: string): Promise<boolean>;
  prepare?(ground: Ground): Promise<Prey>;
  /** Runs until the signal, or less long. */
  run(target: Target): Promise<void>;
}
