import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SharedRedis } from '../../database/redis.ts';
import type { RedisReach } from './redis-reach.ts';

/** How long the sockets of a process count that has been killed, in ms. */
const lifetime = 15_000;
/** How often it says that it lives, in ms. */
const beatEvery = 4_000;
/** How long a count stays that nobody renews, in ms; how often all are renewed. */
const countLifetime = 3_600_000;
const renewEvery = 1_200_000;
/** Counts in one command: Redis does nothing else meanwhile. */
const mostCounts = 200;

/**
 * The sockets of all processes. An owner is a hash with a count for each process; a count is good as long as the
 * process says that it lives.
 */
export class SharedSocketCounts {
  readonly #reach: RedisReach;
  readonly #counts: ReadonlyMap<string, number>;
  /** Owners of whom Redis may know another count. */
  readonly #untold = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  /** By which this process is known in Redis; another one after Redis was away, for whatever stands there is too old. */
  #name = randomUUID();
  #formerName: string | undefined;
  #lost = false;
  #soon: NodeJS.Immediate | undefined;
  #telling = false;
  #renewAt = performance.now() + renewEvery;

  /** @param counts of this process, as they are at any moment */
  constructor(reach: RedisReach, counts: ReadonlyMap<string, number>) {
    this.#reach = reach;
    this.#counts = counts;
    this.#timer = setInterval(() => void this.#tick(), beatEvery).unref();
    reach.onBack(() => void this.#tick());
  }

  /**
   * Whether one more may be let in, which this process has counted already.
   * @returns undefined where Redis is away
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

  /** Tells Redis within a moment. */
  changed(owner: string): void {
    if (this.#lost) return;
    this.#untold.add(owner);
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      void this.#tell();
    });
  }

  /** Nothing of this process counts any longer. */
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
    // A Redis that has lost this has lost the rest as well.
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

  /** After Redis was away: under another name, and with all that there is by now. */
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
      // At once: what is told of an owner has to arrive in the order in which it came true.
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

/** Nobody reads in Redis whose they are. */
function countKey(prefix: string, owner: string): string {
  return `${prefix}sockets:${createHash('sha256').update(owner).digest('base64url')}`;
}

function lifeKey(prefix: string, process: string): string {
  return `${prefix}lives:${process}`;
}

const answerOfTake = z.tuple([z.number(), z.number()]);

/** Counts of processes that live no longer are taken out by whoever sees them. */
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
