/** When a transaction committed; both times are from one clock. */
export interface Commit {
  /** Just before its COMMIT was sent. */
  readonly sentAt: number;
  /** When the COMMIT had been acknowledged. */
  readonly acknowledgedAt: number;
}

/**
 * The events that arrived before another event whose commit had been acknowledged before theirs was sent.
 * @param commits the commits of the events, in order of arrival
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
