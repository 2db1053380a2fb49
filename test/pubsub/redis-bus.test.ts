import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { launchRedis, type TestRedis } from '../setup/redis.ts';
import { createDatabase, createRedisSpace, type TestDatabase } from '../setup/services.ts';
import {
  committedIds,
  complete,
  completions,
  type Instance,
  type InstanceOptions,
  idsOf,
  newIds,
  openInstance,
  take,
  until,
} from './live-setup.ts';

const hour = 3_600_000;

let home: TestDatabase;
let opened: AsyncDisposableStack;
let audience: string;
let redisUrl: string;
let redisPrefix: string;

async function open(options?: InstanceOptions): Promise<Instance> {
  return opened.use(await openInstance(home.url, { redisUrl, redisPrefix, ...options }));
}

/** A connection that observes Redis from outside. */
function observe(url: string): Redis {
  const redis = new Redis(url);
  opened.defer(() => redis.disconnect());
  return redis;
}

/** A Redis that the test may kill. */
async function ownRedis(): Promise<{ server: TestRedis; port: number; restart(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'questline-redis-'));
  opened.defer(() => rm(folder, { recursive: true }));
  const server = opened.use(await launchRedis(folder));
  const port = Number(new URL(server.url).port);
  return { server, port, restart: async () => void opened.use(await launchRedis(folder, port)) };
}

beforeEach(async () => {
  audience = randomUUID();
  home = await createDatabase();
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
  const space = await createRedisSpace();
  redisUrl = space.url;
  redisPrefix = `${space.namespace}:`;
});
afterEach(() => opened.disposeAsync());

test('50 writers over two processes: each process receives everything once, in one order', async () => {
  const instances = await Promise.all([open(), open()]);
  const [left, right] = instances;
  const streams = await Promise.all(instances.map((live) => completions(live, audience)));
  const ids = newIds(500);
  const writers = Array.from({ length: 50 }, async (_, writer) => {
    const live = writer % 2 === 0 ? left : right;
    for (const id of ids.slice(writer * 10, writer * 10 + 10)) await complete(live, audience, id);
  });
  const received = await Promise.all(streams.map((stream) => take(stream, 500)));
  await Promise.all(writers);
  const committed = await committedIds(left.database, audience);
  expect(committed.toSorted()).toEqual(ids.toSorted());
  for (const records of received) expect(idsOf(records)).toEqual(committed);
});

test('an event of another process comes over Redis, without a poll', async () => {
  const writer = await open({ pollMs: hour });
  const reader = await open({ pollMs: hour });
  // The reader's own relay must not be the one that sends the event.
  await reader.signals.close();
  const stream = await completions(reader, audience);
  await until(async () => (await observe(redisUrl).pubsub('CHANNELS', `${redisPrefix}*`)).length === 1);
  const ids = newIds(3);
  for (const id of ids) await complete(writer, audience, id);
  expect(idsOf(await take(stream, 3))).toEqual(ids);
  expect(reader.statements).not.toContain('replay.topic');
});

test('Redis is killed and comes back empty: nothing is lost, each process says so once', async () => {
  const { server, restart } = await ownRedis();
  const writer = await open({ redisUrl: server.url, pollMs: 100 });
  const reader = await open({ redisUrl: server.url, pollMs: 100 });
  const stream = await completions(reader, audience);
  await until(() => writer.pubsub.ready().redis && reader.pubsub.ready().redis);
  const ids = newIds(60);
  for (const id of ids.slice(0, 20)) await complete(writer, audience, id);
  const before = await take(stream, 20);

  await server[Symbol.asyncDispose]();
  await until(() => !writer.pubsub.ready().redis && !reader.pubsub.ready().redis);
  for (const id of ids.slice(20, 40)) await complete(writer, audience, id);
  const meanwhile = await take(stream, 20);

  await restart();
  await until(() => writer.pubsub.ready().redis && reader.pubsub.ready().redis);
  for (const id of ids.slice(40)) await complete(writer, audience, id);
  const after = await take(stream, 20);
  expect(idsOf([...before, ...meanwhile, ...after])).toEqual(ids);
  for (const { lines } of [writer, reader]) {
    expect(lines.filter(({ msg }) => msg.startsWith('Redis')).map(({ msg }) => msg)).toEqual([
      'Redis is unreachable; live events come from PostgreSQL until it is back',
      'Redis is back',
    ]);
  }
});

test('what Redis lost comes when the subscriber is back, not with the next event or poll', async () => {
  const { server, restart } = await ownRedis();
  const live = await open({ redisUrl: server.url, pollMs: hour });
  await until(() => live.pubsub.ready().redis);
  const stream = await completions(live, audience);
  const ids = newIds(5);
  await server[Symbol.asyncDispose]();
  await until(() => !live.pubsub.ready().redis);
  for (const id of ids) await complete(live, audience, id);
  await until(async () => (await live.pubsub.lag()).rows === 0);
  await restart();
  expect(idsOf(await take(stream, 5))).toEqual(ids);
});

test('Redis is not there at the start: events come from PostgreSQL, and over Redis once it is', async () => {
  const { server, restart } = await ownRedis();
  await server[Symbol.asyncDispose]();
  const live = await open({ redisUrl: server.url, pollMs: 100 });
  const stream = await completions(live, audience);
  const [first = '', second = ''] = newIds(2);
  await complete(live, audience, first);
  expect(idsOf(await take(stream, 1))).toEqual([first]);
  expect(live.pubsub.ready()).toEqual({ redis: false });

  await restart();
  const redis = observe(server.url);
  await until(async () => (await redis.pubsub('CHANNELS')).length === 1);
  await complete(live, audience, second);
  expect(idsOf(await take(stream, 1))).toEqual([second]);
  await until(() => live.pubsub.ready().redis);
});

test('a process leaves while Redis is away', async () => {
  const { server } = await ownRedis();
  const live = await open({ redisUrl: server.url });
  const stream = await completions(live, audience);
  await server[Symbol.asyncDispose]();
  await until(() => !live.pubsub.ready().redis);
  const other = await completions(live, randomUUID());
  await live.pubsub.close();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(await other.next()).toEqual({ done: true, value: undefined });
});

test('a Redis that refuses the channel and the message is logged once; events come from PostgreSQL', async () => {
  const { server } = await ownRedis();
  await observe(server.url).call('ACL', 'SETUSER', 'default', 'resetchannels');
  const live = await open({ redisUrl: server.url, pollMs: 100 });
  await until(() => live.pubsub.ready().redis);
  const ids = newIds(2);
  for (const id of ids) {
    const stream = await completions(live, audience);
    await complete(live, audience, id);
    expect(idsOf(await take(stream, 1))).toEqual([id]);
    await stream.return?.();
  }
  expect(live.lines.filter(({ msg }) => msg.startsWith('Redis is unreachable'))).toHaveLength(1);
  expect(JSON.stringify(live.lines)).not.toContain(ids[0]);
});

test('a password that Redis refuses is not logged', async () => {
  const { server } = await ownRedis();
  await observe(server.url).call('CONFIG', 'SET', 'requirepass', 'right');
  const url = server.url.replace('//', '//:a-wrong-secret@');
  const live = await open({ redisUrl: url });
  await until(() => live.lines.some(({ msg }) => msg.startsWith('Redis is unreachable')));
  expect(JSON.stringify(live.lines)).not.toContain('a-wrong-secret');
});

test('a Redis that hangs holds nothing up', async () => {
  const { server } = await ownRedis();
  const live = await open({ redisUrl: server.url, pollMs: 100 });
  const stream = await completions(live, audience);
  await until(() => live.pubsub.ready().redis);
  const redis = observe(server.url);
  // Redis hangs for all connections except ours.
  await redis.call('CLIENT', 'PAUSE', '60000', 'ALL');
  const ids = newIds(30);
  const started = performance.now();
  for (const id of ids) await complete(live, audience, id);
  expect(idsOf(await take(stream, 30))).toEqual(ids);
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('two databases on one Redis do not hear each other', async () => {
  const elsewhere = await createDatabase();
  opened.defer(() => elsewhere.drop());
  const other = opened.use(await openInstance(elsewhere.url, { redisUrl, redisPrefix }));
  const live = await open();
  const stream = await completions(live, audience);
  await completions(other, audience);
  const redis = observe(redisUrl);
  await until(async () => (await redis.pubsub('CHANNELS', `${redisPrefix}*`)).length === 2);
  await complete(other, audience, ...newIds(5));
  const ids = newIds(1);
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 1))).toEqual(ids);
});

test('what is none of ours on the channel changes nothing', async () => {
  const live = await open({ pollMs: 100 });
  const stream = await completions(live, audience);
  const redis = observe(redisUrl);
  let channel: string | undefined;
  await until(async () => {
    [channel] = (await redis.pubsub('CHANNELS', `${redisPrefix}*`)).map(String);
    return channel !== undefined;
  });
  const foreign = [900, 899, audience, { completionId: randomUUID() }, Date.now()];
  const logged = (start: string) => live.lines.some(({ msg }) => msg.startsWith(start));
  // Messages that arrive before this process has begun to hand events on are ignored, so they are repeated.
  await until(async () => {
    for (const message of ['no JSON', '{"seq":1}', '[[1]]', JSON.stringify([foreign])]) {
      await redis.publish(channel ?? '', message);
    }
    return logged('an unknown message') && logged('missed live events');
  });
  const ids = newIds(3);
  for (const id of ids) await complete(live, audience, id);
  expect(idsOf(await take(stream, 3))).toEqual(ids);
});

test('1,000 streams that come and go leave no channel and no listener', async () => {
  const live = await open();
  const redis = observe(redisUrl);
  const channels = async () => (await redis.pubsub('CHANNELS', `${redisPrefix}*`)).length;
  for (let round = 0; round < 20; round++) {
    const streams = await Promise.all(Array.from({ length: 50 }, () => completions(live, randomUUID())));
    const waiting = streams.map((stream) => stream.next());
    await Promise.all(streams.map((stream) => stream.return?.()));
    expect(new Set((await Promise.all(waiting)).map(({ done }) => done))).toEqual(new Set([true]));
  }
  await until(async () => (await channels()) === 0);
  expect(live.pubsub.feed.listenerCount).toBe(0);

  const stream = await completions(live, audience);
  await until(async () => (await channels()) === 1);
  const ids = newIds(1);
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 1))).toEqual(ids);
});
