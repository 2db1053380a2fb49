import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SharedRedis } from '../../database/redis.ts';
import { capacity } from './bucket.ts';

/** All that a process asks of one bucket at once, in ms (see bucket.ts). */
export interface Question {
  readonly key: string;
  /** What has been spent already; negative if it is given back. */
  readonly owed: number;
  /** What a refusal adds, if there is room. */
  readonly penalty: number;
  /** The most that is leased on top of the costs, if none of them is refused. */
  readonly appetite: number;
  readonly costs: readonly number[];
}

export interface BucketAnswer {
  readonly level: number;
  readonly leased: number;
  /** Whether it was taken, for each of the costs. */
  readonly taken: readonly boolean[];
}

/**
 * Asks about the buckets that all processes share. Each is one number: the time at which it will have leaked
 * empty, by the clock of Redis; its key expires then.
 * @throws Error if Redis is unreachable
 */
export async function askShared(
  { client, prefix }: SharedRedis,
  questions: readonly Question[],
): Promise<BucketAnswer[]> {
  const keys = questions.map(({ key }) => `${prefix}rate:${key}`);
  const values = questions.map(({ owed, penalty, appetite, costs }) =>
    JSON.stringify([owed, penalty, appetite, ...costs]),
  );
  const run = [keys.length, ...keys, ...values] as const;
  const replies = await client.evalsha(scriptHash, ...run).catch((error: unknown) => {
    // Redis has restarted, or its scripts were flushed.
    if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return client.eval(script, ...run);
    throw error;
  });
  return answers.parse(replies);
}

const answers = z.array(
  z.tuple([z.coerce.number(), z.coerce.number(), z.string()]).transform(
    ([level, leased, bits]): BucketAnswer => ({
      level,
      leased,
      taken: Array.from(bits, (bit) => bit === '1'),
    }),
  ),
);

/** A lease is at most a sixteenth of the room, so that little is held by processes that do not use it. */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local capacity = ${capacity}
local answers = {}
for at, key in ipairs(KEYS) do
  local asked = cjson.decode(ARGV[at])
  local level = math.max(0, math.min((tonumber(redis.call('GET', key)) or now) - now, capacity))
  level = math.max(0, math.min(level + asked[1], capacity))
  local bits, refused, leased = {}, false, 0
  for n = 4, #asked do
    local taken = level + asked[n] <= capacity + 0.001
    if taken then
      level = math.min(level + asked[n], capacity)
    else
      refused = true
      if level + asked[2] <= capacity then level = level + asked[2] end
    end
    bits[n - 3] = taken and '1' or '0'
  end
  if not refused then
    leased = math.min(asked[3], (capacity - level) / 16)
    level = level + leased
  end
  if level > 0 then
    redis.call('SET', key, string.format('%.3f', now + level), 'PX', math.ceil(level))
  else
    redis.call('DEL', key)
  end
  answers[at] = { string.format('%.6f', level), string.format('%.6f', leased), table.concat(bits) }
end
return answers
`;

const scriptHash = createHash('sha1').update(script).digest('hex');
