/** How long tries count. */
export interface GuessLimits {
  /** Milliseconds: how long a wrong try counts. */
  readonly window: number;
  /** Milliseconds: how long the permit of a try is kept whose process was killed before it knew what became of it. */
  readonly held: number;
}

/** Something whose tries are counted together, such as a login. */
export interface Tally {
  readonly key: string;
  /** How many of them may be wrong within the window. */
  readonly mostWrong: number;
}

/** What somebody who wants to try a password is told. */
export type Permit =
  | { readonly state: 'TAKEN' }
  /** Tries that are under way have all that is left: what becomes of them decides. */
  | { readonly state: 'WAIT' }
  | Refused;

export interface Refused {
  readonly state: 'REFUSED';
  /** Milliseconds until one of the tries counts no longer. */
  readonly retryAfter: number;
  /** Whether nobody else was refused within the window. */
  readonly first: boolean;
}

/**
 * The tries of every tally: the wrong ones of the last while, and those under way. Wrong ones and those under way are
 * never more than `mostWrong`, so that any number at once are not one more guess than any number in turn.
 */
export interface Guesses {
  /** Takes a permit for a try, where there is one. `ticket` is unique. */
  begin(tally: Tally, ticket: string): Promise<Permit> | Permit;
  /** Gives the permit back; a wrong try counts from now on, also that of somebody who needed no permit. */
  end(tally: Tally, ticket: string, outcome: GuessOutcome): Promise<void> | void;
}

export type GuessOutcome = 'RIGHT' | 'WRONG';
