import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openRedis } from '../../src/database/redis.ts';
import { ApiError } from '../../src/domain/errors.ts';
import { LeakingRates } from '../../src/transport/limits/leaking-rates.ts';
import type { Payer } from '../../src/transport/limits/payer.ts';
import type { Rates } from '../../src/transport/limits/rates.ts';
import { RedisReach } from '../../src/transport/limits/redis-reach.ts';
import { eventually, inTime } from '../kit/eventually.ts';
import { type OwnRedis, startOwnRedis } from '../kit/own-redis.ts';
import { unique } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';
import { createRedisSpace } from '../setup/services.ts';

const log = pino({ level: 'silent' });
const someone = (): Payer => ({ kind: 'user', id: unique('payer') });

/** Points per second for every payer; a bucket holds ten times as many. */
const rate = 1_000;
const capacity = 10 * rate;

interface Place {
  readonly url: string;
  readonly namespace: string;
}

/** The rates of one process. */
async function process(place?: Place, ofUser = rate): Promise<Rates> {
  const redis = place && openRedis(place.url, place.namespace, log);
  const reach = redis && new RedisReach(redis, log);
  await reach?.start();
  const rates = new LeakingRates({ ofUser, ofAddress: ofUser, reach });
  whenDone(async () => {
    await rates.close();
    reach?.release();
    await redis?.close();
  });
  return rates;
}

const alone = async () => [await process()];
async function shared(count: number, ofUser?: number) {
  const place = await createRedisSpace();
  return Promise.all(Array.from({ length: count }, () => process(place, ofUser)));
}

/** The seconds to wait, or undefined if the points were taken. */
async function refusal(rates: Rates | undefined, payer: Payer, points: number): Promise<number | undefined> {
  try {
    await rates?.take(payer, points);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'RATE_LIMITED') throw error;
    return Number(error.details.retryAfter);
  }
}

/** How many of `count` simultaneous requests are taken, with the processes in turn. */
async function takenAtOnce(processes: readonly Rates[], payer: Payer, count: number, points: number) {
  const waits = await Promise.all(
    Array.from({ length: count }, (_, at) => refusal(processes[at % processes.length], payer, points)),
  );
  return waits.filter((wait) => wait === undefined).length;
}

/** `points`, plus up to as many as are refilled in `seconds`. */
const about = (points: number, seconds: number) =>
  expect.toSatisfy(
    (taken: number) => taken >= points * 0.95 && taken <= (points + seconds * rate) * 1.02,
    `about ${points} and what leaks in ${seconds} s`,
  );

describe.each([
  ['one process alone', alone],
  ['one process with Redis', () => shared(1)],
  ['two processes', () => shared(2)],
])('the bucket of %s', (_, processes) => {
  test('takes ten times the rate at once, whether it comes in 500 or in 10', async () => {
    const group = await processes();
    for (const [count, points] of [
      [500, 50],
      [12, 1_000],
    ] as const) {
      const began = performance.now();
      const taken = await takenAtOnce(group, someone(), count, points);
      expect(taken * points).toEqual(about(capacity, (performance.now() - began) / 1_000));
    }
  });

  test('of one payer is none of another, and neither are those of an account and an address', async () => {
    const group = await processes();
    const payer = someone();
    await takenAtOnce(group, payer, 12, 1_000);
    expect(await refusal(group[0], payer, 1_000)).toBe(1);
    expect(await refusal(group[0], someone(), 1_000)).toBeUndefined();
    expect(await refusal(group[0], { ...payer, kind: 'address' }, 1_000)).toBeUndefined();
  });

  test('says how long to wait, and takes it then', async () => {
    const group = await processes();
    const payer = someone();
    expect(await takenAtOnce(group, payer, 10, 1_000)).toBe(10);
    const waits = await Promise.all(group.map((rates) => refusal(rates, payer, 3_000)));
    for (const wait of waits) expect(wait).toBe(3);
    expect(await refusal(group[0], payer, 800)).toBe(1);
    await delay(1_000);
    expect(await refusal(group[0], payer, 800)).toBeUndefined();
  });

  test('never takes what is more than it holds', async () => {
    const group = await processes();
    const payer = someone();
    expect(await refusal(group[0], payer, capacity + 1)).toBe(10);
    expect(await refusal(group[0], payer, Number.POSITIVE_INFINITY)).toBe(10);
    expect(await refusal(group[0], payer, capacity - 100)).toBeUndefined();
  });
});

describe('rates of two processes', () => {
  test('hold together within 5 %, at once and then in a steady stream', async () => {
    const [here, there] = await shared(2, 2_000);
    const payer = someone();
    const began = performance.now();
    let accepted = 0;
    const spend = async (rates: Rates | undefined, points: number) => {
      if ((await refusal(rates, payer, points)) === undefined) accepted += points;
    };
    await Promise.all(Array.from({ length: 400 }, (_, at) => spend(at % 2 ? here : there, 100)));
    expect(accepted).toBeLessThanOrEqual(20_000 + 2 * (performance.now() - began) + 100);
    expect(accepted).toBeGreaterThanOrEqual(19_000);
    // More than the limit allows, in different sizes.
    while (performance.now() - began < 2_000) {
      await Promise.all([spend(here, 40), spend(there, 25), spend(here, 3), delay(10)]);
    }
    const allowed = 20_000 + 2 * (performance.now() - began);
    expect(accepted / allowed).toBeGreaterThan(0.95);
    expect(accepted / allowed).toBeLessThan(1.05);
  });

  test('give back what one of them has leased and does not use', async () => {
    const place = await createRedisSpace();
    const rates = await process(place);
    const client = new Redis(place.url);
    whenDone(() => client.disconnect());
    const payer = someone();
    for (let at = 0; at < 500; at++) await rates.take(payer, 10);
    // More than the process has leased; with the answer it leases as much as one may.
    await rates.take(payer, 200);
    const spent = await emptyAt(client, place, payer);
    await eventually(async () => {
      const left = await emptyAt(client, place, payer);
      return left > 0 && left < spent - 100;
    });
  });

  test('are those of Redis again after all it knew was lost, and what one knows by then counts', async () => {
    const redis = await startOwnRedis();
    const place = { url: redis.url, namespace: 'q:' };
    const client = new Redis(redis.url);
    client.on('error', () => undefined);
    whenDone(() => client.disconnect());
    const [here, there] = [await process(place), await process(place)];
    const payer = someone();
    expect(await takenAtOnce([here, there], payer, 12, 1_000)).toBe(10);
    for (const rates of [here, there]) await refusal(rates, payer, 1_000);
    await redis.stop();
    // Points that are on their way to Redis at this moment remain owed.
    const fourth = someone();
    here.charge(fourth, 9_000);
    expect(await refusal(here, fourth, 2_000)).toBeDefined();
    // Each process goes on with what it knows.
    expect(await takenAtOnce([here, there], payer, 4, 1_000)).toBe(0);
    const other = someone();
    expect(await takenAtOnce([here, there], other, 18, 1_000)).toBe(18);
    await redis.restart();
    // Redis learns what both processes took while it was away.
    for (const absent of [other, fourth]) {
      await eventually(async () => (await emptyAt(client, place, absent)) > Date.now() + 4_000);
    }
    await sharedAgain(redis, here, there);
    const third = someone();
    expect(await takenAtOnce([here, there], third, 24, 1_000)).toBe(10);
  });

  test('wait once for a Redis that does not answer', async () => {
    const redis = await startOwnRedis();
    const rates = await process({ url: redis.url, namespace: 'q:' });
    await rates.take(someone(), 1_000);
    await redis.hang(3_000);
    const first = performance.now();
    await rates.take(someone(), 1_000);
    expect(performance.now() - first).toBeLessThan(900);
    const began = performance.now();
    while (performance.now() - began < 1_500) {
      const asked = performance.now();
      await rates.take(someone(), 1_000);
      expect(performance.now() - asked).toBeLessThan(100);
      await delay(5);
    }
  });
});

/** When the bucket is empty according to Redis, in ms since 1970; 0 if it is empty now. */
async function emptyAt(client: Redis, { namespace }: Place, { kind, id }: Payer): Promise<number> {
  const key = createHash('sha256').update(`${kind} ${id}`).digest('base64url');
  return Number(await client.get(`${namespace}rate:${key}`));
}

/** Waits until both use Redis again. */
async function sharedAgain(redis: OwnRedis, ...group: readonly Rates[]): Promise<void> {
  for (const rates of group) {
    await eventually(async () => {
      const before = (await redis.keys('q:*')).length;
      await rates.take(someone(), 1_000);
      return (await redis.keys('q:*')).length > before;
    });
  }
}

describe('what is charged', () => {
  test('counts in every process, 10,000 at once by a few commands, and never more than is full', async () => {
    const place = await createRedisSpace();
    const [here, there] = [await process(place, 100_000), await process(place, 100_000)];
    const watcher = new Redis(place.url);
    whenDone(() => watcher.disconnect());
    const commands = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await watcher.info('commandstats'))?.[1] ?? 0);
    const payer = someone();
    await there.take(payer, 10_000);
    await here.take(payer, 10_000);
    const before = await commands();
    for (let at = 0; at < 10_000; at++) here.charge(payer, 200);
    await eventually(async () => (await commands()) > before);
    expect(await refusal(there, payer, 400_000)).toBe(4);
    expect(await commands()).toBeLessThan(before + 10);
  });

  test('is never refused, and refuses others', async () => {
    const [rates] = await alone();
    const payer = someone();
    rates?.charge(payer, 5 * capacity);
    expect(await refusal(rates, payer, 1)).toBe(1);
  });
});

describe('room', () => {
  test('is there at once in what is not full', async () => {
    const [rates] = await alone();
    await rates?.room(someone());
    const payer = someone();
    rates?.charge(payer, capacity / 2);
    await inTime(rates?.room(payer) ?? Promise.reject(), 'room', 50);
  });

  test.each([['alone', alone] as const, ['with Redis', () => shared(1)] as const])(
    'makes work that is charged afterwards as slow as the rate is, %s',
    async (_, processes) => {
      const [rates] = await processes();
      if (rates === undefined) throw new Error('There is no process.');
      const payer = someone();
      rates.charge(payer, capacity);
      const began = performance.now();
      // Three at once, of 100 points each: the rate allows ten a second.
      const worker = async () => {
        let done = 0;
        while (performance.now() - began < 1_000) {
          await rates.room(payer);
          rates.charge(payer, 100);
          done++;
        }
        return done;
      };
      const done = await Promise.all([worker(), worker(), worker()]);
      const total = done.reduce((sum, each) => sum + each, 0);
      expect(total).toBeGreaterThanOrEqual(8);
      expect(total).toBeLessThanOrEqual(15);
      // None of them has starved.
      for (const each of done) expect(each).toBeGreaterThanOrEqual(2);
    },
  );

  test('is waited for by nobody once it is closed', async () => {
    const [rates] = await alone();
    const payer = someone();
    rates?.charge(payer, 2 * capacity);
    const waiting = rates?.room(payer) ?? Promise.reject();
    await rates?.close();
    await inTime(waiting, 'the end', 50);
  });
});

test('without a limit nothing is asked and nothing is refused', async () => {
  const [rates] = await shared(1, Number.POSITIVE_INFINITY);
  const payer = someone();
  rates?.charge(payer, Number.MAX_SAFE_INTEGER);
  await rates?.room(payer);
  expect(await takenAtOnce(rates ? [rates] : [], payer, 100, Number.MAX_SAFE_INTEGER)).toBe(100);
});

test('keys are gone when their buckets are empty, and name nobody', async () => {
  const place = await createRedisSpace();
  const rates = await process(place);
  const client = new Redis(place.url);
  whenDone(() => client.disconnect());
  const payer: Payer = { kind: 'address', id: '203.0.113.77' };
  await rates.take(payer, 300);
  const keys = await client.keys(`${place.namespace}*`);
  expect(keys).toHaveLength(1);
  expect(keys.join()).not.toContain(payer.id);
  expect(await client.pttl(keys[0] ?? '')).toBeGreaterThan(0);
  await eventually(async () => (await client.keys(`${place.namespace}*`)).length === 0);
});
