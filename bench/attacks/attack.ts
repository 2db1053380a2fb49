import type pg from 'pg';
import type { Tally } from './tally.ts';

/** What an attack needs to know about the data; collected before it begins. */
export interface Prey {
  readonly tokens?: readonly string[];
  readonly ids?: readonly string[];
  readonly cursor?: string;
}

/** Where an attack is prepared, before anything is measured. */
export interface Ground {
  readonly url: string;
  readonly sql: pg.Pool;
  /** The cursor of live events from before the old events. */
  readonly oldCursor: string;
  /** The access token of one of the attackers' accounts. */
  signIn(username: string): Promise<string>;
}

/** What an attack runs against, in a separate process. */
export interface Target {
  readonly url: string;
  readonly prey: Prey;
  /** Aborted when the attack has to end. */
  readonly signal: AbortSignal;
  /** Counts the outcomes of what is sent. */
  readonly tally: Tally;
}

export interface Attack {
  /** One line. */
  readonly summary: string;
  /** How long it runs, in s; 6 if left out. */
  readonly seconds?: number;
  /** Whether somebody else signs in during the attack, and the time that takes is reported. */
  readonly othersSignIn?: boolean;
  /** Checks and prints what has to hold on an idle server, before the attack begins. */
  isKeptAtFirst?(url: string): Promise<boolean>;
  prepare?(ground: Ground): Promise<Prey>;
  /** Runs until the signal, or for less time. */
  run(target: Target): Promise<void>;
}
