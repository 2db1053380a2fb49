/**
 * What fits into a bucket. All that is in one is measured by the ms that it takes to leak out, so that every bucket
 * holds the same, whatever its rate: ten seconds (CONTRACT.md, "Limits").
 */
export const capacity = 10_000;

/** How long points are kept that were taken from the shared bucket ahead of time, in ms. */
const leaseTime = 1_000;
/** How much of it, in ms. */
const longestLease = capacity / 64;
/** How much is spent before Redis hears of it, in ms. */
const creditLine = capacity / 128;
/** How long what another process may have changed is taken for true, in ms. */
const freshFor = 100;

/** What one process knows of the bucket of one payer, and what it holds of it. Times are those of `performance.now()`. */
export class Bucket {
  /** Of the bucket of all processes. */
  readonly key: string;
  /** How long one point takes to leak out. */
  readonly point: number;
  #emptyAt = 0;
  #knownAt = Number.NEGATIVE_INFINITY;
  /** Taken in Redis, and not spent yet. */
  #leased = 0;
  #leaseEnds = 0;
  /** What the next lease should be. */
  #appetite = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** What is in here and not in Redis; less than nothing is the other way round. */
  #owed = 0;
  /** What is owed for what was let through without a question. */
  #onCredit = 0;
  /** When it would be empty if work that was charged and found no room had found some: that is paid for by waiting. */
  #paidAt = 0;

  constructor(key: string, rate: number) {
    this.key = key;
    this.point = 1_000 / rate;
  }

  level(now: number): number {
    return Math.max(0, Math.min(this.#emptyAt - now, capacity));
  }

  /** Rounding must not refuse what fits exactly. */
  fits(cost: number, now: number): boolean {
    return this.level(now) + cost <= capacity + 0.001;
  }

  /** Whether nothing can have changed much since Redis was asked. */
  isFresh(now: number): boolean {
    return now - this.#knownAt < freshFor;
  }

  get leaseEnds(): number {
    return this.#leaseEnds;
  }

  get owes(): boolean {
    return this.#owed !== 0;
  }

  /** Spends of the lease. */
  spend(cost: number, now: number): boolean {
    if (cost > this.#leased || now >= this.#leaseEnds) return false;
    this.#leased -= cost;
    return true;
  }

  /**
   * Spends a little that Redis hears of afterwards, as long as the bucket is not known to be half full: what is far from
   * its limit does not wait for an answer.
   */
  spendOnCredit(cost: number, now: number): boolean {
    if (this.#onCredit + cost > creditLine || this.level(now) + cost > capacity / 2) return false;
    this.#onCredit += cost;
    this.add(cost, now);
    return true;
  }

  /** Adds what is not in Redis yet, as much as there is room for; who can wait has to wait for the rest as well. */
  add(cost: number, now: number): void {
    const level = this.level(now);
    const fitting = Math.min(cost, capacity - level);
    this.#paidAt = Math.min(Math.max(this.#paidAt, now + level) + cost, now + 2 * capacity);
    this.#emptyAt = now + level + fitting;
    this.#owed += fitting;
  }

  /** A refusal costs a point, if there is room. */
  penalize(now: number): void {
    if (this.fits(this.point, now)) this.add(this.point, now);
  }

  /** How long it takes until it is no longer full. */
  untilRoom(now: number): number {
    const level = Math.max(this.#paidAt - now, this.level(now));
    return Math.max(0, level + this.point - capacity);
  }

  /** How long it takes until so much fits. */
  untilFits(cost: number, now: number): number {
    return Math.max(0, this.level(now) + cost - capacity);
  }

  /** What is told to Redis next: what this process owes, without what would have leaked out by now. */
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

  /** Nothing is spent of it any more. */
  endLease(): void {
    this.#leaseEnds = 0;
  }

  /** How much is leased beside a demand: the more often somebody comes, the more, and nothing for one who comes once. */
  hunger(demand: number, now: number): number {
    const soon = now - this.#askedAt < leaseTime;
    this.#askedAt = now;
    this.#appetite = soon ? Math.min(Math.max(2 * this.#appetite, demand), longestLease) : 0;
    return Math.max(0, this.#appetite - this.#leased);
  }

  /** What Redis has answered. */
  learn({ level, leased }: { readonly level: number; readonly leased: number }, now: number): void {
    this.#emptyAt = now + Math.min(level + Math.max(this.#owed, 0), capacity);
    this.#knownAt = now;
    if (leased <= 0) return;
    this.#leased += leased;
    this.#leaseEnds = now + leaseTime;
  }

  /** What was told to Redis has not arrived. */
  keepOwing(owed: number): void {
    this.#owed += owed;
  }
}
