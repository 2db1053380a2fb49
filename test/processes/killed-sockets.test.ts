import { expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { acknowledged, answersOf, from, knock, tokenOf, tooMany } from '../kit/knock.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import { startProcess } from '../kit/server-process.ts';
import { createSite } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';

const limits = { LIMIT_SOCKETS_USER: '3', TRUST_PROXY: 'true' };

test('sockets of a process that was killed count for 15 seconds at most', async () => {
  const [redis, site] = await Promise.all([startOwnRedis(), createSite()]);
  const settings = { ...limits, REDIS_URL: redis.url };
  const app = await startApp(settings, site);
  const doomed = await startProcess(site, settings);
  const user = await app.seed.user();
  for (let at = 0; at < 3; at++) await Socket.acknowledged(doomed, tokenOf(user));
  const knocks = () =>
    Promise.all(Array.from({ length: 5 }, () => knock(app, from('192.0.2.1'), tokenOf(user))));
  expect(answersOf(await knocks())).toEqual(tooMany(5));
  await doomed.kill();
  expect(answersOf(await knocks())).toEqual(tooMany(5));
  // Each live process has a key in Redis; this simulates that the keys expire.
  const lives = await redis.keys('*lives:*');
  expect(lives.length).toBeGreaterThan(0);
  for (const key of lives) {
    expect(await redis.command('pttl', key)).toSatisfy((left: number) => left > 0 && left <= 15_000);
    await redis.command('pexpire', key, '1');
  }
  expect(answersOf(await knocks())).toEqual([...tooMany(2), ...acknowledged(3)]);
});
