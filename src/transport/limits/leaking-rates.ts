import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { ApiError } from '../../domain/errors.ts';
import { Bucket, capacity } from './bucket.ts';
import type { Payer } from './payer.ts';
import type { Rates } from './rates.ts';
import type { RedisReach } from './redis-reach.ts';
import { RoomLine } from './room-line.ts';
import { SharedBucketClient } from './shared-bucket-client.ts';

export interface LeakingRatesOptions {
  /** Points per second of an account; Infinity lifts the limit. */
  readonly ofUser: number;
  /** Points per second of an address without a token. */
  readonly ofAddress: number;
  /** Undefined if this process serves alone. */
  readonly reach: RedisReach | undefined;
}

/** If there are more payers, the least recently used one is forgotten; its bucket has leaked by then. */
const mostPayers = 50_000;

/**
 * Buckets that all processes share. A small part of each is leased at a time and spent here, so that not
 * every request asks Redis. Without Redis, and while it is unreachable, what this process knows decides.
 */
export class LeakingRates implements Rates {
  readonly #rates: Readonly<Record<Payer['kind'], number>>;
  readonly #shared: SharedBucketClient | undefined;
  readonly #buckets: Readonly<Record<Payer['kind'], LRUCache<string, Bucket>>>;
  readonly #lines = new Map<Bucket, RoomLine>();
  #closed = false;

  constructor({ ofUser, ofAddress, reach }: LeakingRatesOptions) {
    this.#rates = { user: ofUser, address: ofAddress };
    this.#shared = reach && new SharedBucketClient(reach);
    const buckets = () =>
      new LRUCache<string, Bucket>({
        max: mostPayers,
        dispose: (bucket) => this.#shared?.forget(bucket),
      });
    this.#buckets = { user: buckets(), address: buckets() };
  }

  async take(payer: Payer, points: number): Promise<void> {
    const bucket = this.#bucketOf(payer);
    if (bucket === undefined) return;
    const cost = points * bucket.point;
    const now = performance.now();
    if (cost > capacity) throw this.#refuse(bucket, now);
    if (bucket.spend(cost, now)) return;
    if (this.#shared !== undefined && bucket.spendOnCredit(cost, now)) {
      this.#shared.owe(bucket);
      return;
    }
    const known = bucket.isFresh(now) && !bucket.fits(cost, now);
    const wait = known ? undefined : await this.#shared?.take(bucket, cost);
    if (wait === undefined) this.#takeAlone(bucket, cost);
    else if (wait > 0) throw rateLimited(wait);
  }

  charge(payer: Payer, points: number): void {
    const bucket = this.#bucketOf(payer);
    if (bucket === undefined) return;
    // Nobody could wait for more than twice the capacity.
    bucket.add(Math.min(points * bucket.point, 2 * capacity), performance.now());
    this.#shared?.owe(bucket);
  }

  room(payer: Payer): Promise<void> {
    const bucket = this.#bucketOf(payer);
    if (bucket === undefined || this.#closed) return Promise.resolve();
    const known = this.#lines.get(bucket);
    const line = known ?? new RoomLine(() => bucket.untilRoom(performance.now()));
    const waited = line.wait();
    if (known === undefined && !line.empty) this.#lines.set(bucket, line);
    return waited.then(() => {
      if (line.empty) this.#lines.delete(bucket);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const line of this.#lines.values()) line.release();
    await this.#shared?.close();
  }

  /** Undefined if there is no limit. */
  #bucketOf({ kind, id }: Payer): Bucket | undefined {
    const rate = this.#rates[kind];
    if (rate === Number.POSITIVE_INFINITY) return undefined;
    const buckets = this.#buckets[kind];
    let bucket = buckets.get(id);
    if (bucket === undefined) {
      bucket = new Bucket(keyOf(kind, id), rate);
      buckets.set(id, bucket);
    }
    return bucket;
  }

  /** Decides by what this process knows. */
  #takeAlone(bucket: Bucket, cost: number): void {
    const now = performance.now();
    if (!bucket.fits(cost, now)) throw this.#refuse(bucket, now, cost);
    bucket.add(cost, now);
    this.#shared?.owe(bucket);
  }

  /** @param cost if left out, it can never fit, and the wait is the longest possible */
  #refuse(bucket: Bucket, now: number, cost?: number): ApiError {
    bucket.penalize(now);
    this.#shared?.owe(bucket);
    return rateLimited(cost === undefined ? capacity : bucket.untilFits(cost, now));
  }
}

function rateLimited(wait: number): ApiError {
  const retryAfter = Math.max(1, Math.ceil(wait / 1_000));
  return new ApiError('RATE_LIMITED', 'The rate limit is exceeded. Try again later.', { retryAfter });
}

/** A hash, so that Redis does not reveal who pays. */
function keyOf(kind: Payer['kind'], id: string): string {
  return createHash('sha256').update(`${kind} ${id}`).digest('base64url');
}
