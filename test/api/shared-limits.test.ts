import { beforeAll, describe, expect, test } from 'vitest';
import { type App, startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { acknowledged, answersOf, from, type Knock, knock, tokenOf, tooMany } from '../kit/knock.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import { createSite } from '../kit/site.ts';

const settings = {
  TRUST_PROXY: 'true',
  LIMIT_SOCKETS_USER: '3',
  LIMIT_SOCKETS_ADDRESS: '4',
  LIMIT_RATE_ADDRESS: '100',
  GOOGLE_CLIENT_ID: 'x',
  GOOGLE_CLIENT_SECRET: 'y',
};

const site = await createSite();
let here: App;
let there: App;
beforeAll(async () => {
  [here, there] = await Promise.all([startApp(settings, site), startApp(settings, site)]);
});

/** A different address for each test. */
let last = 0;
const address = () => `198.51.100.${++last}`;

async function crowd(apps: readonly App[], count: number, ...[options, payload]: Parameters<Knocking>) {
  return Promise.all(
    Array.from({ length: count }, (_, at) => {
      const app = apps[at % apps.length];
      if (app === undefined) throw new Error('There is no app.');
      return knock(app, options, payload);
    }),
  );
}
type Knocking = (...more: [Parameters<typeof knock>[1], Parameters<typeof knock>[2]?]) => void;

const letIn = (knocks: readonly Knock[]) => knocks.filter(({ answer }) => answer === 'connection_ack');

describe('sockets of two processes', () => {
  test('of a user are as many as they may be together, of 50 at once', async () => {
    const user = await here.seed.user();
    const knocks = await crowd([here, there], 50, from(address()), tokenOf(user));
    expect(answersOf(knocks)).toEqual([...tooMany(47), ...acknowledged(3)]);
    const [first] = letIn(knocks);
    first?.socket.drop();
    await eventually(async () =>
      expect(answersOf(await crowd([here, there], 2, from(address()), tokenOf(user)))).toContain(
        'connection_ack',
      ),
    );
    expect(answersOf(await crowd([here, there], 2, from(address()), tokenOf(user)))).toEqual(tooMany(2));
  });

  test('of an address are as many as they may be together, and it is a /64 of IPv6', async () => {
    const prefix = `2001:db8:${++last}:1`;
    const knocks = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        knock(at % 2 ? here : there, from(at % 3 ? `${prefix}::${at}` : `${prefix}:AAAA:0:${at}:1`)),
      ),
    );
    expect(answersOf(knocks)).toEqual([...tooMany(46), ...acknowledged(4)]);
    expect((await knock(here, from(`2001:db8:${last}:2::1`))).answer).toBe('connection_ack');
  });

  test('count as IPv4, however it is written', async () => {
    const plain = address();
    const [, , third = 0, fourth = 0] = plain.split('.').map(Number);
    const hex = `::ffff:c633:${(third * 256 + fourth).toString(16)}`;
    const spellings = [plain, `::ffff:${plain}`, `::FFFF:${plain}`, hex, `0:0:0:0:0:ffff:${plain}`];
    const answers = [];
    for (const [at, spelling] of spellings.entries()) {
      answers.push((await knock(at % 2 ? here : there, from(spelling))).answer);
    }
    expect(answers).toEqual([...acknowledged(4), 4429]);
  });

  test('of a process that was stopped count no longer', async () => {
    const user = await here.seed.user();
    const third = await startApp(settings, site);
    expect(answersOf(await crowd([third], 3, from(address()), tokenOf(user)))).toEqual(acknowledged(3));
    expect((await knock(here, from(address()), tokenOf(user))).answer).toBe(4429);
    await third.close();
    await eventually(async () =>
      expect((await knock(here, from(address()), tokenOf(user))).answer).toBe('connection_ack'),
    );
  });
});

describe('where Redis is stopped and comes back empty', () => {
  test('each process counts its own sockets, and then all do together again', async () => {
    const redis = await startOwnRedis();
    const at = await createSite();
    const more = { ...settings, REDIS_URL: redis.url };
    const [left, right] = await Promise.all([startApp(more, at), startApp(more, at)]);
    const [before, during] = [await left.seed.user(), await left.seed.user()];
    expect(answersOf(await crowd([left, right], 6, from(address()), tokenOf(before)))).toEqual([
      ...tooMany(3),
      ...acknowledged(3),
    ]);
    await redis.stop();
    // Each process admits three, because it counts only its own.
    const knocks = await crowd([left, right], 50, from(address()), tokenOf(during));
    expect(answersOf(knocks)).toEqual([...tooMany(44), ...acknowledged(6)]);
    await redis.restart();
    await eventually(async () => (await redis.keys('*sockets:*')).length === 2);
    for (const user of [before, during]) {
      expect(answersOf(await crowd([left, right], 4, from(address()), tokenOf(user)))).toEqual(tooMany(4));
    }
    // Sockets that have closed make room.
    for (const { socket } of letIn(knocks)) socket.drop();
    await eventually(async () => {
      const again = await crowd([left, right], 4, from(address()), tokenOf(during));
      for (const { socket } of again) socket.drop();
      expect(letIn(again)).toHaveLength(3);
    });
  });
});

describe('the way to a provider', () => {
  const ask = async ({ url }: App, at: string) =>
    fetch(`${url}/auth/google?returnTo=https://evil.example`, { ...from(at), redirect: 'manual' });

  test('costs 10 points, and 429 says when to come back, over two processes', async () => {
    const at = address();
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 140 }, (_, n) => ask(n % 2 ? here : there, at)));
    const passed = answers.filter(({ status }) => status === 400).length;
    const allowed = 100 + (10 * (performance.now() - began)) / 1_000;
    expect(passed).toBeGreaterThanOrEqual(98);
    expect(passed).toBeLessThanOrEqual(Math.ceil(allowed));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(140 - passed);
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toMatchObject({
        errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 1 } }],
      });
    }
    expect((await ask(here, address())).status).toBe(400);
    expect((await ask(there, `::ffff:${at}`)).status).toBe(429);
  });
});
