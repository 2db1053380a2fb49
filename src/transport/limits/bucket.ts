/**
 * How much fits into a bucket. The level is measured by the ms that it takes to leak out, so that every
 * bucket has the same capacity, whatever its rate: ten seconds (CONTRACT.md, "Limits").
 */
export const capacity = 10_000;

/** How long points are kept that were taken from the shared bucket ahead of time, in ms. */
const leaseTime = 1_000;
/** The most that is leased, in ms. */
const longestLease = capacity / 64;
/** The most that is spent before Redis is told, in ms. */
const creditLine = capacity / 128;
/** How long the known level is trusted although other processes may have changed it, in ms. */
const freshFor = 100;

/**
 * What one process knows of a payer's bucket, and what it has leased of it. Times are those of
 * `performance.now()`.
 */
export class Bucket {
  /** The key of the bucket that all processes share. */
  readonly key: string;
  /** How long one point takes to leak out, in ms. */
  readonly point: number;
  #emptyAt = 0;
  #knownAt = Number.NEGATIVE_INFINITY;
  /** Taken in Redis, but not spent yet. */
  #leased = 0;
  #leaseEnds = 0;
  /** How much the next lease should be. */
  #appetite = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** What was added here but not in Redis; negative if Redis has more. */
  #owed = 0;
  /** What was spent on credit since Redis was last told. */
  #onCredit = 0;
  /**
   * When the bucket would be empty if charged work that found no room had been added too: waiting pays for
   * it.
   */
  #paidAt = 0;

  constructor(key: string, rate: number) {
    this.key = key;
    this.point = 1_000 / rate;
  }

  level(now: number): number {
    return Math.max(0, Math.min(this.#emptyAt - now, capacity));
  }

  /** The tolerance keeps rounding from refusing what fits exactly. */
  fits(cost: number, now: number): boolean {
    return this.level(now) + cost <= capacity + 0.001;
  }

  /** Whether Redis was asked so recently that little can have changed. */
  isFresh(now: number): boolean {
    return now - this.#knownAt < freshFor;
  }

  get leaseEnds(): number {
    return this.#leaseEnds;
  }

  get owes(): boolean {
    return this.#owed !== 0;
  }

  /** Spends from the lease. */
  spend(cost: number, now: number): boolean {
    if (cost > this.#leased || now >= this.#leaseEnds) return false;
    this.#leased -= cost;
    return true;
  }

  /**
   * Spends a little that Redis is told of later, unless the bucket is known to be half full: a payer far from
   * the limit does not wait for an answer.
   */
  spendOnCredit(cost: number, now: number): boolean {
    if (this.#onCredit + cost > creditLine || this.level(now) + cost > capacity / 2) return false;
    this.#onCredit += cost;
    this.add(cost, now);
    return true;
  }

  /**
   * Adds what Redis does not know yet, as far as there is room; work that can wait also waits for the rest to
   * leak out.
   */
  add(cost: number, now: number): void {
    const level = this.level(now);
    const fitting = Math.min(cost, capacity - level);
    this.#paidAt = Math.min(Math.max(this.#paidAt, now + level) + cost, now + 2 * capacity);
    this.#emptyAt = now + level + fitting;
    this.#owed += fitting;
  }

  /** Adds the point that a refusal costs, if there is room. */
  penalize(now: number): void {
    if (this.fits(this.point, now)) this.add(this.point, now);
  }

  /** How long it takes until there is room for a point, in ms. */
  untilRoom(now: number): number {
    const level = Math.max(this.#paidAt - now, this.level(now));
    return Math.max(0, level + this.point - capacity);
  }

  /** How long it takes until `cost` fits, in ms. */
  untilFits(cost: number, now: number): number {
    return Math.max(0, this.level(now) + cost - capacity);
  }

  /** Returns what this process owes, without what has leaked out by now, and counts it as told to Redis. */
  settle(now: number): number {
    if (now >= this.#leaseEnds) {
      this.#owed -= this.#leased;
      this.#leased = 0;
    }
    const owed = Math.min(this.#owed, this.level(now));
    this.#owed = 0;
    this.#onCredit = 0;
    return owed;
  }

  /** Ends the lease; nothing more is spent from it. */
  endLease(): void {
    this.#leaseEnds = 0;
  }

  /**
   * How much to lease on top of a demand: more for a payer who comes often, and nothing for one who comes
   * once.
   */
  hunger(demand: number, now: number): number {
    const soon = now - this.#askedAt < leaseTime;
    this.#askedAt = now;
    this.#appetite = soon ? Math.min(Math.max(2 * this.#appetite, demand), longestLease) : 0;
    return Math.max(0, this.#appetite - this.#leased);
  }

  /** Takes over the answer of Redis. */
  learn({ level, leased }: { readonly level: number; readonly leased: number }, now: number): void {
    this.#emptyAt = now + Math.min(level + Math.max(this.#owed, 0), capacity);
    this.#knownAt = now;
    if (leased <= 0) return;
    this.#leased += leased;
    this.#leaseEnds = now + leaseTime;
  }

  /** Restores what was to be told to Redis but did not arrive. */
  keepOwing(owed: number): void {
    this.#owed += owed;
  }
}
