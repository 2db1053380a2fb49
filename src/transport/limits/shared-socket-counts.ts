import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SharedRedis } from '../../database/redis.ts';
import type { RedisReach } from './redis-reach.ts';

/** How long the sockets of a killed process still count, in ms. */
const lifetime = 15_000;
/** How often a process renews its sign of life, in ms. */
const beatEvery = 4_000;
/** How long a count stays that is not renewed, and how often all are renewed, in ms. */
const countLifetime = 3_600_000;
const renewEvery = 1_200_000;
/** The most counts in one command: Redis does nothing else meanwhile. */
const mostCounts = 200;

/**
 * The sockets of all processes. An owner is a hash with a count for each process; a count is valid while the
 * process renews its sign of life.
 */
export class SharedSocketCounts {
  readonly #reach: RedisReach;
  readonly #counts: ReadonlyMap<string, number>;
  /** Owners for whom Redis may have an outdated count. */
  readonly #untold = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  /**
   * The name of this process in Redis. It changes after Redis was unreachable, because the counts there are
   * outdated.
   */
  #name = randomUUID();
  #formerName: string | undefined;
  #lost = false;
  #soon: NodeJS.Immediate | undefined;
  #telling = false;
  #renewAt = performance.now() + renewEvery;

  /** @param counts those of this process, always current */
  constructor(reach: RedisReach, counts: ReadonlyMap<string, number>) {
    this.#reach = reach;
    this.#counts = counts;
    this.#timer = setInterval(() => void this.#tick(), beatEvery).unref();
    reach.onBack(() => void this.#tick());
  }

  /**
   * Whether one more socket may be let in; this process has counted it already.
   * @returns undefined if Redis is unreachable
   */
  async take(owner: string, limit: number): Promise<boolean | undefined> {
    this.#rejoin();
    const mine = this.#counts.get(owner) ?? 0;
    const answer = await this.#ask(async ({ client, prefix }) => {
      const keys = [countKey(prefix, owner), lifeKey(prefix, this.#name)];
      const values = [this.#name, limit, mine, lifeKey(prefix, ''), lifetime, countLifetime];
      return answerOfTake.parse(await client.eval(takeOne, keys.length, ...keys, ...values));
    });
    if (answer === undefined) return undefined;
    const [taken, wasAlive] = answer;
    if (wasAlive === 0) this.#tellAll();
    return taken === 1;
  }

  /** Tells Redis soon. */
  changed(owner: string): void {
    if (this.#lost) return;
    this.#untold.add(owner);
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      void this.#tell();
    });
  }

  /** From now on no socket of this process counts. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ask(({ client, prefix }) => client.del(lifeKey(prefix, this.#name)));
  }

  async #tick(): Promise<void> {
    this.#rejoin();
    if (this.#counts.size === 0) return;
    if (performance.now() >= this.#renewAt) this.#tellAll();
    const before = await this.#ask(({ client, prefix }) =>
      client.eval(beat, 1, lifeKey(prefix, this.#name), lifetime),
    );
    // If Redis has lost the sign of life, it has lost the counts as well.
    if (before === 0) this.#tellAll();
  }

  #tellAll(): void {
    this.#renewAt = performance.now() + renewEvery;
    for (const owner of this.#counts.keys()) this.changed(owner);
  }

  async #tell(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    while (this.#untold.size > 0 && !this.#lost) {
      const owners = [...this.#untold.values().take(mostCounts)];
      for (const owner of owners) this.#untold.delete(owner);
      await this.#ask(({ client, prefix }) => {
        const keys = owners.map((owner) => countKey(prefix, owner));
        const counts = owners.map((owner) => this.#counts.get(owner) ?? 0);
        return client.eval(tellCounts, keys.length, ...keys, this.#name, countLifetime, ...counts);
      });
    }
    this.#telling = false;
  }

  /** Joins again after Redis was unreachable, with a new name and all current counts. */
  #rejoin(): void {
    if (!this.#lost || this.#reach.away) return;
    this.#lost = false;
    this.#formerName ??= this.#name;
    this.#name = randomUUID();
    this.#tellAll();
  }

  async #ask<T>(question: (redis: SharedRedis) => Promise<T>): Promise<T | undefined> {
    const former = this.#formerName;
    const answer = await this.#reach.ask(async (redis) => {
      // Sent together: changes of an owner have to arrive in the order in which they happened.
      const gone = former === undefined ? undefined : redis.client.del(lifeKey(redis.prefix, former));
      const [answer] = await Promise.all([question(redis), gone]);
      return answer;
    });
    if (answer === undefined) {
      this.#lost = true;
      this.#untold.clear();
    } else if (this.#formerName === former) this.#formerName = undefined;
    return answer;
  }
}

/** A hash, so that Redis does not reveal whose sockets they are. */
function countKey(prefix: string, owner: string): string {
  return `${prefix}sockets:${createHash('sha256').update(owner).digest('base64url')}`;
}

function lifeKey(prefix: string, process: string): string {
  return `${prefix}lives:${process}`;
}

const answerOfTake = z.tuple([z.number(), z.number()]);

/** Removes the counts of processes that are no longer alive. */
const takeOne = `
local me, limit, total, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local was_alive = redis.call('SET', KEYS[2], '1', 'PX', ARGV[5], 'GET') and 1 or 0
local counts = redis.call('HGETALL', KEYS[1])
for at = 1, #counts, 2 do
  if counts[at] ~= me then
    if redis.call('EXISTS', life .. counts[at]) == 1 then
      total = total + tonumber(counts[at + 1])
    else
      redis.call('HDEL', KEYS[1], counts[at])
    end
  end
end
if total > limit then return { 0, was_alive } end
redis.call('HSET', KEYS[1], me, ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return { 1, was_alive }
`;

const beat = `return redis.call('SET', KEYS[1], '1', 'PX', ARGV[1], 'GET') and 1 or 0`;

const tellCounts = `
for at, key in ipairs(KEYS) do
  local count = tonumber(ARGV[at + 2])
  if count > 0 then
    redis.call('HSET', key, ARGV[1], count)
    redis.call('PEXPIRE', key, ARGV[2])
  else
    redis.call('HDEL', key, ARGV[1])
  end
end
return #KEYS
`;
