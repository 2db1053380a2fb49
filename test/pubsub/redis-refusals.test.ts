import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { type OwnRedis, startOwnRedis } from '../kit/own-redis.ts';
import { Socket as LiveSocket } from '../kit/socket.ts';
import { createDatabase, type TestDatabase } from '../setup/services.ts';
import {
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
let redis: OwnRedis;
let audience: string;

beforeEach(async () => {
  audience = randomUUID();
  [home, redis] = await Promise.all([createDatabase(), startOwnRedis()]);
  opened = new AsyncDisposableStack();
  opened.defer(() => home.drop());
});
afterEach(() => opened.disposeAsync());

async function open(options?: InstanceOptions): Promise<Instance> {
  return opened.use(await openInstance(home.url, { redisUrl: redis.url, pollMs: hour, ...options }));
}

const isReady = ({ pubsub }: Instance) => pubsub.ready().redis;
const acl = (...rules: string[]) => redis.command('ACL', 'SETUSER', 'default', ...rules);
const spoken = ({ lines }: Instance) => lines.flatMap(({ msg }) => (msg.startsWith('Redis is') ? [msg] : []));
const gone = 'Redis is unreachable; live events come from PostgreSQL until it is back';

/** Shows that an event comes over Redis: it is not read from PostgreSQL, and nothing polls. */
async function expectOverRedis(live: Instance, stream: Awaited<ReturnType<typeof completions>>) {
  const ids = newIds(3);
  live.statements.length = 0;
  await complete(live, audience, ...ids);
  expect(idsOf(await take(stream, 3))).toEqual(ids);
  expect(live.statements).not.toContain('replay.topic');
}

describe('a channel that Redis refuses', () => {
  test.each([
    ['its name', ['resetchannels'], 'allchannels'],
    ['the command', ['-subscribe'], '+subscribe'],
  ])(
    'for %s is asked for again, on the same connection, and says so until it is given',
    async (_, no, yes) => {
      const live = await open();
      await until(() => isReady(live));
      const outside = new Redis(redis.url);
      opened.defer(() => outside.disconnect());
      const told = async (section: string, pattern: RegExp) =>
        Number(pattern.exec(await outside.info(section))?.[1] ?? 0);
      const connections = () => told('stats', /total_connections_received:(\d+)/);
      await outside.call('ACL', 'SETUSER', 'default', ...no);
      const before = await connections();
      const stream = await completions(live, audience);
      // After several attempts it still retries, and has logged the problem only once.
      await until(async () => (await told('commandstats', /cmdstat_subscribe:.*rejected_calls=(\d+)/)) >= 3);
      expect([isReady(live), spoken(live)]).toEqual([false, [gone]]);
      await outside.call('ACL', 'SETUSER', 'default', yes);
      await until(() => isReady(live));
      expect(spoken(live)).toEqual([gone, 'Redis is back']);
      expect(await connections()).toBe(before);
      await expectOverRedis(live, stream);
    },
  );

  test('after it was given it, is noticed, and is joined again once it may be', async () => {
    const live = await open();
    const stream = await completions(live, audience);
    await until(() => isReady(live));
    await expectOverRedis(live, stream);
    const outside = new Redis(redis.url);
    opened.defer(() => outside.disconnect());
    // Redis cuts off subscribers that lose a permission; they reconnect at once and are refused.
    await outside.call('ACL', 'SETUSER', 'default', 'resetchannels');
    await until(async () =>
      /cmdstat_subscribe:.*rejected_calls=[3-9]/.test(await outside.info('commandstats')),
    );
    expect(isReady(live)).toBe(false);
    await outside.call('ACL', 'SETUSER', 'default', 'allchannels');
    await until(() => isReady(live));
    await expectOverRedis(live, stream);
  });

  test('and nobody wants any more, is not asked for again', async () => {
    const live = await open();
    await until(() => isReady(live));
    await acl('resetchannels');
    const stream = await completions(live, audience);
    await until(() => !isReady(live));
    await stream.return();
    await until(() => isReady(live));
  });
});

test('a message that Redis refuses is no lasting state: it is ready again when it may speak', async () => {
  const live = await open();
  const stream = await completions(live, audience);
  await until(() => isReady(live));
  await acl('-publish');
  await complete(live, audience, ...newIds(1));
  await until(() => !isReady(live));
  await acl('+publish');
  // Nothing else is published meanwhile.
  await until(() => isReady(live));
  expect(spoken(live)).toEqual([gone, 'Redis is back']);
  await live.pubsub.feed.close();
  await stream.return();
});

/** A proxy between a process and its Redis; on demand it blocks all traffic on the existing connections. */
async function openBlackHole(url: string) {
  const { hostname, port } = new URL(url);
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It has no port.');
  opened.defer(() => {
    for (const [near, far] of pairs) for (const socket of [near, far]) socket.destroy();
    server.close();
  });
  return {
    url: `redis://127.0.0.1:${address.port}`,
    swallow() {
      for (const [near, far] of pairs) {
        for (const socket of [near, far]) socket.unpipe().resume();
      }
      return pairs.size;
    },
  };
}

test('connections to Redis that have fallen silent are replaced, also where nobody speaks', async () => {
  const between = await openBlackHole(redis.url);
  const live = await open({ redisUrl: between.url, redisWatch: { every: 50, patience: 200 } });
  const stream = await completions(live, audience);
  await until(() => isReady(live));
  await expectOverRedis(live, stream);
  expect(between.swallow()).toBe(2);
  await until(() => !isReady(live));
  await until(() => isReady(live));
  await expectOverRedis(live, stream);
  expect(spoken(live)).toEqual([gone, 'Redis is back']);
});

test('a Redis that takes connections and says nothing is left again, and found once it speaks', async () => {
  const live = await open({ redisWatch: { every: 50, patience: 200 } });
  const stream = await completions(live, audience);
  await until(() => isReady(live));
  await redis.hang(1_500);
  await until(() => !isReady(live));
  await until(() => isReady(live));
  await expectOverRedis(live, stream);
});

test('/readyz says that Redis is unavailable while a channel that is wanted is refused', async () => {
  const { client, url } = await startApp({ REDIS_URL: redis.url });
  const readiness = async () => {
    const response = await fetch(`${url}/readyz`);
    const { redis: state } = Object(await response.json());
    return [response.status, state];
  };
  await eventually(async () => expect(await readiness()).toEqual([200, 'ok']));
  await acl('resetchannels');
  const socket = await LiveSocket.acknowledged(client, {});
  socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { postChanged { postId } }' } });
  await eventually(async () => expect(await readiness()).toEqual([503, 'unavailable']));
  await acl('allchannels');
  await eventually(async () => expect(await readiness()).toEqual([200, 'ok']));
});
