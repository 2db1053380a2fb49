/** When a transaction committed, both by one clock. */
export interface Commit {
  /** Before its COMMIT was sent. */
  readonly sentAt: number;
  /** After that was acknowledged. */
  readonly acknowledgedAt: number;
}

/**
 * Those events that came before one whose commit had been acknowledged before theirs was sent.
 * @param commits of the events, in the order in which they came
 */
export function overtaking<T extends Commit>(commits: readonly T[]): T[] {
  let earliest = Number.POSITIVE_INFINITY;
  return commits
    .toReversed()
    .filter(({ sentAt, acknowledgedAt }) => {
      const overtook = earliest < sentAt;
      earliest = Math.min(earliest, acknowledgedAt);
      return overtook;
    })
    .toReversed();
}
