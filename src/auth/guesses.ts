/** How long tries count. */
export interface GuessLimits {
  /** How long a wrong try counts, in ms. */
  readonly window: number;
  /** How long a permit is kept if its process was killed before it knew the outcome of the try, in ms. */
  readonly held: number;
}

/** Something whose tries are counted together, such as a login. */
export interface Tally {
  readonly key: string;
  /** How many of them may be wrong within the window. */
  readonly mostWrong: number;
}

/** The answer to somebody who wants to try a password. */
export type Permit =
  | { readonly state: 'TAKEN' }
  /** Tries that are under way hold all permits that are left: their outcome decides. */
  | { readonly state: 'WAIT' }
  | RefusedGuess;

export interface RefusedGuess {
  readonly state: 'REFUSED';
  /** Milliseconds until one of the tries no longer counts. */
  readonly retryAfter: number;
  /** Whether nobody else was refused within the window. */
  readonly first: boolean;
}

/**
 * The tries of every tally: recent wrong ones, and those under way. Together they never exceed `mostWrong`, so many
 * tries at once give not one guess more than many in turn.
 */
export interface Guesses {
  /** Takes a permit for a try, if there is one. `ticket` is unique. */
  begin(tally: Tally, ticket: string): Promise<Permit> | Permit;
  /** Returns the permit. A wrong try counts from now on, even for somebody who needed no permit. */
  end(tally: Tally, ticket: string, outcome: GuessOutcome): Promise<void> | void;
}

export type GuessOutcome = 'RIGHT' | 'WRONG';
