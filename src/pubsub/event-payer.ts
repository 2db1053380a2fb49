/** Pays for the live events that subscribers are given. No method may throw or reject. */
export interface EventPayer {
  /** The same for everything that one payer subscribes to. */
  readonly key: string;
  /** Charges the points of what was rendered. */
  charge(points: number): void;
  /** Resolves once there is room for more work that can wait. */
  room(): Promise<void>;
}
