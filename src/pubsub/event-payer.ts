/** Who pays for what subscribers are given. No method may throw or reject. */
export interface EventPayer {
  /** The same for all that one payer subscribes to. */
  readonly key: string;
  /** Takes the points of what was rendered. */
  charge(points: number): void;
  /** Resolves once there is room for more work that can wait. */
  room(): Promise<void>;
}
