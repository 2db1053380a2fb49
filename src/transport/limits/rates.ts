import type { Payer } from './payer.ts';

/**
 * A leaking bucket of cost points for each payer: it leaks at the rate of the payer's limit and holds ten times that
 * (CONTRACT.md, "Limits").
 */
export interface Rates {
  /**
   * Takes the points of an operation before it is executed.
   * @throws ApiError RATE_LIMITED with `retryAfter`, in whole seconds, if they do not fit; the refusal itself
   *   costs a point if there is room for one
   */
  take(payer: Payer, points: number): Promise<void>;
  /** Adds points for work that is done in any case: a refused document, a live event. Never throws. */
  charge(payer: Payer, points: number): void;
  /** Resolves once the payer's bucket has room: for work that can wait, such as a replay. Never rejects. */
  room(payer: Payer): Promise<void>;
  close(): Promise<void>;
}
