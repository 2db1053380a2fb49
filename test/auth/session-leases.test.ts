import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { RedisLeases } from '../../src/auth/redis-leases.ts';
import {
  allows,
  InProcessLeases,
  leaseTime,
  type SessionLeases,
  type SessionStanding,
} from '../../src/auth/session-leases.ts';
import { openRedis, type SharedRedis } from '../../src/database/redis.ts';
import { eventually } from '../kit/eventually.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import { whenDone } from '../kit/when-done.ts';
import { createRedisSpace } from '../setup/services.ts';

const standing: SessionStanding = { accountId: randomUUID(), role: 'USER', tokensValidFrom: 0 };
const live = async () => standing;

async function connect(url: string, prefix: string): Promise<SharedRedis> {
  const redis = openRedis(url, prefix, pino({ level: 'silent' }));
  whenDone(() => redis.close());
  await eventually(() => redis.client.status === 'ready');
  return redis;
}

/** Two processes that share leases in each form; in memory, both are the same process. */
const forms: [string, () => Promise<[SessionLeases, SessionLeases]>][] = [
  [
    'in one process',
    async () => {
      const leases = new InProcessLeases();
      return [leases, leases];
    },
  ],
  [
    'in Redis',
    async () => {
      const { url, namespace } = await createRedisSpace();
      const [here, there] = await Promise.all([connect(url, namespace), connect(url, namespace)]);
      return [new RedisLeases(here), new RedisLeases(there)];
    },
  ],
];

describe.each(forms)('leases %s', (_, open) => {
  let here: SessionLeases;
  let there: SessionLeases;
  let sessionId: string;
  beforeEach(async () => {
    [here, there] = await open();
    sessionId = randomUUID();
  });

  test('keep what PostgreSQL said, for every process', async () => {
    expect(await here.find(sessionId)).toBeNull();
    expect(await here.renew(sessionId, live)).toEqual(standing);
    expect(await there.find(sessionId)).toEqual(standing);
    expect(await there.find(randomUUID())).toBeNull();
  });

  test('keep nothing of a session that does not live', async () => {
    expect(await here.renew(sessionId, async () => null)).toBeNull();
    expect(await here.find(sessionId)).toBeNull();
  });

  test('keep nothing where PostgreSQL fails', async () => {
    await expect(here.renew(sessionId, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(await here.find(sessionId)).toBeNull();
  });

  test('end where they are withdrawn, and the others stay', async () => {
    const other = randomUUID();
    for (const id of [sessionId, other]) await here.renew(id, live);
    expect(await there.withdraw([sessionId])).toBe(true);
    expect(await here.find(sessionId)).toBeNull();
    expect(await here.find(other)).toEqual(standing);
  });

  test('are not put by whoever asked PostgreSQL before they were withdrawn', async () => {
    for (let round = 0; round < 50; round++) {
      const asked = Promise.withResolvers<SessionStanding>();
      const renewed = here.renew(sessionId, () => asked.promise);
      expect(await there.withdraw([sessionId])).toBe(true);
      asked.resolve(standing);
      expect(await renewed).toEqual(standing);
      expect(await there.find(sessionId)).toBeNull();
      sessionId = randomUUID();
    }
  });
});

test('a lease in one process counts from before PostgreSQL was asked', async () => {
  const leases = new InProcessLeases();
  const now = vi.spyOn(performance, 'now');
  const start = performance.now();
  now.mockReturnValueOnce(start).mockReturnValueOnce(start + leaseTime);
  expect(await leases.renew('a', live)).toEqual(standing);
  now.mockRestore();
  expect(await leases.find('a')).toBeNull();
});

describe('a lease in Redis', () => {
  test('counts from before PostgreSQL was asked, by the clock of Redis, however late it arrives', async () => {
    const { url, namespace } = await createRedisSpace();
    const redis = await connect(url, namespace);
    const leases = new RedisLeases(redis);
    const [seconds = 0, micros = 0] = await redis.client.time();
    const ago = (ms: number): [number, number] => [Number(seconds) - ms / 1_000, Number(micros)];
    vi.spyOn(redis.client, 'time').mockResolvedValueOnce(ago(leaseTime));
    await leases.renew('late', live);
    expect(await leases.find('late')).toBeNull();
    vi.spyOn(redis.client, 'time').mockResolvedValueOnce(ago(leaseTime - 1_000));
    await leases.renew('slow', live);
    expect(await redis.client.pttl(`${namespace}session:slow`)).toBeLessThanOrEqual(1_000);
    await leases.renew('new', live);
    expect(await redis.client.pttl(`${namespace}session:new`)).toBeLessThanOrEqual(leaseTime);
  });

  test('says nothing where something else stands in its place', async () => {
    const { url, namespace } = await createRedisSpace();
    const redis = await connect(url, namespace);
    const leases = new RedisLeases(redis);
    for (const text of ['', 'withdrawn', 'a b', '{}']) {
      await redis.client.set(`${namespace}session:x`, text);
      expect([text, await leases.find('x')]).toEqual([text, null]);
    }
    await redis.client.del(`${namespace}session:x`);
    await redis.client.lpush(`${namespace}session:x`, 'a list');
    expect(await leases.find('x')).toBeNull();
  });

  test('that is away is none, and what is withdrawn then may be left', async () => {
    const server = await startOwnRedis();
    const leases = new RedisLeases(await connect(server.url, 'q:'));
    await leases.renew('a', live);
    await server.stop();
    expect(await leases.find('a')).toBeNull();
    expect(await leases.renew('a', live)).toEqual(standing);
    expect(await leases.withdraw(['a', 'b'])).toBe(false);
    await server.restart();
    await eventually(async () => (await leases.withdraw(['a'])) === true);
    await eventually(async () => {
      await leases.renew('b', live);
      return (await leases.find('b')) !== null;
    });
    expect(await leases.find('a')).toBeNull();
  });

  test('of one that answers nobody is none: one command waits for it, and the next do not', async () => {
    const server = await startOwnRedis();
    const redis = await connect(server.url, 'q:');
    const leases = new RedisLeases(redis);
    await leases.renew('a', live);
    await server.hang(60_000);
    expect(await leases.find('a')).toBeNull();
    await eventually(() => redis.client.status !== 'ready');
    const sent = vi.spyOn(redis.client, 'sendCommand');
    expect(await leases.withdraw(['a'])).toBe(false);
    expect(await leases.renew('a', live)).toEqual(standing);
    for (const { value } of sent.mock.results) await expect(value).rejects.toThrow('enableOfflineQueue');
  });

  test('cannot be withdrawn where Redis refuses it', async () => {
    const server = await startOwnRedis();
    const redis = await connect(server.url, 'q:');
    const leases = new RedisLeases(redis);
    await redis.client.config('SET', 'maxmemory', '1');
    expect(await leases.withdraw(['a'])).toBe(false);
    expect(redis.client.status).toBe('ready');
  });
});

test('a standing allows tokens of its account and role that were issued since', () => {
  const claims = {
    accountId: standing.accountId,
    sessionId: randomUUID(),
    role: 'USER',
    issuedAt: new Date(1_000_000),
    expiresAt: new Date(2_000_000),
  } as const;
  const from = (tokensValidFrom: number) => ({ ...standing, tokensValidFrom });
  expect(allows(standing, claims)).toBe(true);
  expect(allows(from(1_000), claims)).toBe(true);
  expect(allows(from(1_001), claims)).toBe(false);
  expect(allows(standing, { ...claims, accountId: randomUUID() })).toBe(false);
  expect(allows(standing, { ...claims, role: 'ADMIN' })).toBe(false);
});
