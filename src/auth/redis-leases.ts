import type { Redis } from 'ioredis';
import type { SharedRedis } from '../database/redis.ts';
import { leaseTime, type SessionLeases, type SessionStanding } from './session-leases.ts';

/** Replaces a lease that was withdrawn; it is nobody's standing. */
const withdrawn = 'withdrawn';
/** In ms: longer than any transaction that withdraws leases lives, and than any lease that it has to keep out. */
const withdrawnTime = 60_000;

/** By the clock of Redis, until ARGV[2] in ms: a lease ends when it should, however late it arrives. */
const putLease = `
local now = redis.call('time')
local left = tonumber(ARGV[2]) - now[1] * 1000 - math.floor(now[2] / 1000)
if left > 0 and redis.call('get', KEYS[1]) ~= '${withdrawn}' then
  redis.call('set', KEYS[1], ARGV[1], 'px', left)
end`;

/** For processes that share a Redis: a lease from one of them is valid for all. Redis may be lost at any moment. */
export class RedisLeases implements SessionLeases {
  readonly #redis: SharedRedis;

  constructor(redis: SharedRedis) {
    this.#redis = redis;
  }

  async find(sessionId: string): Promise<SessionStanding | null> {
    const text = await this.#attempt((client) => client.get(this.#key(sessionId)));
    return text === null ? null : decode(text);
  }

  async renew(
    sessionId: string,
    ask: () => Promise<SessionStanding | null>,
  ): Promise<SessionStanding | null> {
    const time = await this.#attempt((client) => client.time());
    const standing = await ask();
    if (time !== null && standing !== null) {
      const end = Number(time[0]) * 1_000 + Math.floor(Number(time[1]) / 1_000) + leaseTime;
      await this.#attempt((client) =>
        client.eval(putLease, 1, this.#key(sessionId), encode(standing), String(end)),
      );
    }
    return standing;
  }

  async withdraw(sessionIds: readonly string[]): Promise<boolean> {
    const done = await this.#attempt(async (client) => {
      const pipeline = client.pipeline();
      for (const sessionId of sessionIds) pipeline.set(this.#key(sessionId), withdrawn, 'PX', withdrawnTime);
      const results = await pipeline.exec();
      for (const [error] of results ?? []) if (error !== null) throw error;
      return results !== null;
    });
    return done ?? false;
  }

  #key(sessionId: string): string {
    return `${this.#redis.prefix}session:${sessionId}`;
  }

  /** What Redis answers; null if it does not. */
  async #attempt<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer | null> {
    try {
      return await this.#redis.ask(command);
    } catch {
      return null;
    }
  }
}

function encode({ accountId, role, tokensValidFrom }: SessionStanding): string {
  return `${accountId} ${role} ${tokensValidFrom}`;
}

function decode(text: string): SessionStanding | null {
  const [accountId, role, tokensValidFrom] = text.split(' ');
  if (accountId === undefined || role === undefined || tokensValidFrom === undefined) return null;
  return { accountId, role, tokensValidFrom: Number(tokensValidFrom) };
}
