import { type Bucket, capacity } from './bucket.ts';
import type { RedisReach } from './redis-reach.ts';
import { askShared, type BucketAnswer, type Question } from './shared-buckets.ts';

/** A request that waits for the answer of Redis. */
interface WaitingTake {
  readonly cost: number;
  /**
   * Called with how long it takes until the cost fits, in ms; 0 if it was taken, undefined if Redis is
   * unreachable.
   */
  tell(wait: number | undefined): void;
}

/** How long the debts of this process are gathered before Redis is told, in ms. */
const settleEvery = 100;
/** The most buckets in one command, and the most costs for one bucket: Redis does nothing else meanwhile. */
const mostBuckets = 200;
const mostCosts = 200;

/** Asks about the shared buckets; questions of the same moment go into one command. */
export class SharedBucketClient {
  readonly #reach: RedisReach;
  readonly #waiting = new Map<Bucket, WaitingTake[]>();
  /** Buckets with an open question; the next one is sent after the answer. */
  readonly #asked = new Set<Bucket>();
  readonly #due = new Set<Bucket>();
  readonly #owing = new Set<Bucket>();
  /** Ordered by when their leases end. */
  readonly #leasing = new Set<Bucket>();
  #flushing: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(reach: RedisReach) {
    this.#reach = reach;
  }

  /**
   * @returns how long it takes until the cost fits, in ms; 0 if it was taken; undefined if Redis is
   *   unreachable
   */
  take(bucket: Bucket, cost: number): Promise<number | undefined> | undefined {
    if (this.#reach.away) return undefined;
    return new Promise((tell) => {
      const waiting = this.#waiting.get(bucket);
      if (waiting === undefined) this.#waiting.set(bucket, [{ cost, tell }]);
      else waiting.push({ cost, tell });
      this.#ask(bucket);
    });
  }

  /** Tells Redis soon what the bucket owes. */
  owe(bucket: Bucket): void {
    this.#owing.add(bucket);
    this.#timer ??= setInterval(() => this.#settle(), settleEvery).unref();
  }

  forget(bucket: Bucket): void {
    this.#owing.delete(bucket);
    this.#leasing.delete(bucket);
  }

  /** Gives all leases back. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const left = new Set([...this.#leasing, ...this.#owing]);
    for (const bucket of left) bucket.endLease();
    this.#timer = undefined;
    while (left.size > 0 && !this.#reach.away) await this.#send(takeOut(left, mostBuckets));
  }

  #ask(bucket: Bucket): void {
    if (this.#asked.has(bucket)) return;
    this.#due.add(bucket);
    this.#flushing ??= setImmediate(() => {
      this.#flushing = undefined;
      while (this.#due.size > 0) void this.#send(takeOut(this.#due, mostBuckets));
    });
  }

  #settle(): void {
    if (this.#reach.away) return;
    const now = performance.now();
    for (const bucket of this.#leasing) {
      if (bucket.leaseEnds > now) break;
      this.#leasing.delete(bucket);
      this.#owing.add(bucket);
    }
    for (const bucket of takeOut(this.#owing, this.#owing.size)) this.#ask(bucket);
    if (this.#leasing.size > 0 || this.#owing.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #send(buckets: readonly Bucket[]): Promise<void> {
    const now = performance.now();
    const asks = buckets.map((bucket) => {
      this.#asked.add(bucket);
      const waiting = this.#waiting.get(bucket)?.splice(0, mostCosts) ?? [];
      return { bucket, waiting, question: questionOf(bucket, waiting, now) };
    });
    const answers = await this.#reach.ask((redis) =>
      askShared(
        redis,
        asks.map(({ question }) => question),
      ),
    );
    for (const [at, { bucket, waiting, question }] of asks.entries()) {
      this.#asked.delete(bucket);
      const answer = answers?.[at];
      if (answer === undefined) {
        bucket.keepOwing(question.owed);
        if (bucket.owes) this.owe(bucket);
      } else this.#learn(bucket, answer);
      tell(waiting, answer);
      this.#goOn(bucket);
    }
  }

  #learn(bucket: Bucket, answer: BucketAnswer): void {
    bucket.learn(answer, performance.now());
    if (answer.leased <= 0) return;
    this.#leasing.delete(bucket);
    this.#leasing.add(bucket);
    this.#timer ??= setInterval(() => this.#settle(), settleEvery).unref();
  }

  /** Asks again if more requests came meanwhile. */
  #goOn(bucket: Bucket): void {
    if (this.#waiting.get(bucket)?.length) this.#ask(bucket);
    else this.#waiting.delete(bucket);
  }
}

function questionOf(bucket: Bucket, waiting: readonly WaitingTake[], now: number): Question {
  const costs = waiting.map(({ cost }) => cost);
  const demand = costs.reduce((sum, cost) => sum + cost, 0);
  return {
    key: bucket.key,
    owed: bucket.settle(now),
    penalty: bucket.point,
    appetite: demand > 0 ? bucket.hunger(demand, now) : 0,
    costs,
  };
}

function tell(waiting: readonly WaitingTake[], answer: BucketAnswer | undefined): void {
  for (const [at, { cost, tell }] of waiting.entries()) {
    if (answer === undefined) tell(undefined);
    else if (answer.taken[at]) tell(0);
    else tell(Math.max(1, answer.level + cost - capacity));
  }
}

function takeOut<T>(set: Set<T>, most: number): T[] {
  const taken = [...set.values().take(most)];
  for (const each of taken) set.delete(each);
  return taken;
}
