import { z } from 'zod';
import type { SharedRedis } from '../database/redis.ts';
import type { Guesses, GuessLimits, GuessOutcome, Permit, Tally } from './guesses.ts';

/**
 * The tries that all processes have seen. A login is one sorted set. The score of each member is the moment at which it
 * stops counting, by the clock of Redis: `w…` is a wrong try, `u…` one that is under way, `told` says that somebody was
 * refused. What is new lives for the window at most, and so does the set.
 */
export class RedisGuesses implements Guesses {
  readonly #redis: Pick<SharedRedis, 'ask' | 'prefix'>;
  readonly #limits: GuessLimits;

  constructor(redis: Pick<SharedRedis, 'ask' | 'prefix'>, limits: GuessLimits) {
    this.#redis = redis;
    this.#limits = limits;
  }

  /** @throws Error if Redis is unreachable */
  async begin(tally: Tally, ticket: string): Promise<Permit> {
    const [state, retryAfter, first] = answerOfBegin.parse(await this.#run(begin, tally, ticket));
    return state === 'REFUSED' ? { state, retryAfter, first: first === 1 } : { state };
  }

  /** @throws Error if Redis is unreachable */
  async end(tally: Tally, ticket: string, outcome: GuessOutcome): Promise<void> {
    await this.#run(end, tally, ticket, outcome);
  }

  #run(script: string, { key, mostWrong }: Tally, ...more: readonly string[]): Promise<unknown> {
    const { window, held } = this.#limits;
    const permit = `${this.#redis.prefix}guesses:${key}`;
    return this.#redis.ask((client) => client.eval(script, 1, permit, mostWrong, window, held, ...more));
  }
}

const answerOfBegin = z.tuple([z.enum(['TAKEN', 'WAIT', 'REFUSED']), z.number(), z.number()]);

/** Both scripts begin with this: it removes what no longer counts, and reads the wrong tries, the oldest first. */
const look = `
local key, most, window, held, ticket = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
local wrong, under_way = {}, 0
local members = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
for at = 1, #members, 2 do
  local kind = string.sub(members[at], 1, 1)
  if kind == 'w' then table.insert(wrong, { members[at], tonumber(members[at + 1]) }) end
  if kind == 'u' then under_way = under_way + 1 end
end
`;

const begin = `${look}
if #wrong >= most then
  local first = redis.call('ZADD', key, 'NX', now + window, 'told')
  redis.call('PEXPIRE', key, window)
  return { 'REFUSED', wrong[#wrong - most + 1][2] - now, first }
end
if #wrong + under_way >= most then return { 'WAIT', 0, 0 } end
redis.call('ZADD', key, now + held, 'u' .. ticket)
redis.call('PEXPIRE', key, window)
return { 'TAKEN', 0, 0 }
`;

const end = `${look}
redis.call('ZREM', key, 'u' .. ticket)
if ARGV[5] == 'WRONG' then
  redis.call('ZADD', key, now + window, 'w' .. ticket)
  redis.call('PEXPIRE', key, window)
  for at = 1, #wrong + 1 - most do redis.call('ZREM', key, wrong[at][1]) end
end
return 'OK'
`;
