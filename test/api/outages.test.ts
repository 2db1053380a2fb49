import { expect, test } from 'vitest';
import { CreatePostDocument, RewardsDocument, ViewerDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { createFaultySite } from '../kit/faults.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';

/** The longest time for an answer that the issue allows, in ms. */
const longestAnswer = 5_000;

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly ms: number }> {
  const begun = performance.now();
  const value = await work;
  return { value, ms: performance.now() - begun };
}

/** A query, a query with a token, and a mutation, for each of `people` people. */
async function load({ client, seed }: App, people: number) {
  const crowd = await Promise.all(Array.from({ length: people }, () => seed.user()));
  return () =>
    Promise.all(
      crowd.flatMap((person) => [
        timed(client.fails(RewardsDocument)),
        timed(person.client.fails(ViewerDocument)),
        timed(person.client.fails(CreatePostDocument, { input: { title: unique('Post '), body: 'Words.' } })),
      ]),
    );
}

const ready = ({ client }: App) => eventually(async () => (await client.fetch('/readyz', {})).status === 200);

test('while PostgreSQL is silent everything is answered in time, and all is well soon after', async () => {
  const { site, postgres } = await createFaultySite();
  const app = await startApp({}, site);
  const ask = await load(app, 10);
  const socket = await Socket.acknowledged(app.client);

  postgres.set({ silent: true });
  const asked = ask();
  socket.send({ id: '1', type: 'subscribe', payload: { query: '{ rewards { totalCount } }' } });
  const overSocket = timed(socket.codes());
  for (let look = 0; look < 3; look++) {
    const [health, metrics, readiness] = await Promise.all(
      ['/healthz', '/metrics', '/readyz'].map((path) => timed(fetch(app.url + path))),
    );
    expect([health?.value.status, metrics?.value.status, readiness?.value.status]).toEqual([200, 200, 503]);
    expect(Math.max(health?.ms ?? 0, metrics?.ms ?? 0)).toBeLessThan(1_000);
    expect(readiness?.ms).toBeLessThan(2_000);
  }
  const answers = await asked;
  expect(new Set(answers.map(({ value }) => value.join()))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(longestAnswer);
  expect((await overSocket).value).toEqual(['SERVICE_UNAVAILABLE']);
  expect((await overSocket).ms).toBeLessThan(longestAnswer);

  postgres.set({});
  await ready(app);
  expect((await ask()).flatMap(({ value }) => value)).toEqual([]);
});

test('connections that have gone silent are replaced, all of them, by whoever meets the first', async () => {
  const { site, postgres } = await createFaultySite();
  const app = await startApp({}, site);
  const ask = await load(app, 10);
  await ask();
  const listeners = async () =>
    (
      await site.sql<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and query like 'listen%'`,
      )
    ).map(({ pid }) => pid);
  const before = await listeners();

  postgres.silenceOpen();
  const first = await timed(app.client.fails(RewardsDocument));
  expect(first.value).toEqual(['SERVICE_UNAVAILABLE']);
  expect(first.ms).toBeLessThan(longestAnswer);
  const next = await ask();
  expect(next.flatMap(({ value }) => value)).toEqual([]);
  // The silenced LISTEN connection hears nothing more, so it must be replaced.
  await eventually(async () => (await listeners()).some((pid) => !before.includes(pid)));
});

test('an answer that comes too late is nobody else’s', async () => {
  const { site, postgres } = await createFaultySite();
  const app = await startApp({ DATABASE_POOL: '2' }, site);
  const people = await Promise.all(Array.from({ length: 10 }, () => app.seed.user()));
  postgres.set({ delay: 2_500 });
  const late = await Promise.all(people.slice(0, 2).map(({ client }) => client.fails(ViewerDocument)));
  expect(late).toEqual([['SERVICE_UNAVAILABLE'], ['SERVICE_UNAVAILABLE']]);
  postgres.set({});
  for (let round = 0; round < 10; round++) {
    const told = await Promise.all(people.map(({ client }) => client.ask(ViewerDocument)));
    for (const [index, { body }] of told.entries())
      if (!body.errors) expect(body.data?.viewer?.id).toBe(people[index]?.accountId);
  }
  await ready(app);
  const told = await Promise.all(people.map(({ client }) => client.run(ViewerDocument)));
  expect(told.map(({ viewer }) => viewer?.id)).toEqual(people.map(({ accountId }) => accountId));
});

test('a network that cuts everything into small pieces changes nothing', async () => {
  const { site, postgres, redis } = await createFaultySite();
  for (const proxy of [postgres, redis]) proxy.set({ slices: 3 });
  const app = await startApp({}, site);
  const ask = await load(app, 3);
  expect((await ask()).flatMap(({ value }) => value)).toEqual([]);
});

test('an exhausted pool fails fast, and what holds it is given up', async () => {
  const app = await startApp({ DATABASE_POOL: '2' });
  const author = await app.seed.user();
  const { site } = app;
  const holder = await (await site.database()).connect();
  await holder.ask({ text: 'begin; lock table post in exclusive mode' });
  const input = { title: unique('Post '), body: 'Words.' };
  const holding = [1, 2].map(() => timed(author.client.fails(CreatePostDocument, { input })));
  await eventually(async () => (await site.sql(waitingForLock)).length === 2);

  const { value, ms } = await timed(app.client.fails(RewardsDocument));
  expect(value).toEqual(['SERVICE_UNAVAILABLE']);
  expect(ms).toBeLessThan(3_000);
  for (const held of await Promise.all(holding)) {
    expect(held.value).toEqual(['SERVICE_UNAVAILABLE']);
    expect(held.ms).toBeLessThan(longestAnswer);
  }
  await holder.end();
  expect(await author.client.fails(CreatePostDocument, { input })).toEqual([]);
  expect(await site.sql('select from post')).toHaveLength(1);
});

const waitingForLock = `select from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock' and query like '%post%'`;

test('of a PostgreSQL that takes no writes reads go on, and it is not ready; what is new comes by new connections', async () => {
  const app = await startApp();
  const { client, seed, site } = app;
  const person = await seed.user();
  // Use of this session has not been recorded yet.
  const other = await seed.user();
  const [database] = await site.sql<{ name: string }>('select current_database() as name');
  const turn = (state: 'on' | 'off') =>
    site.sql(`alter database ${database?.name} set default_transaction_read_only = ${state}`);
  const input = { title: unique('Post '), body: 'Words.' };

  await turn('on');
  await site.sql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await eventually(async () =>
    expect((await client.fetch('/readyz', {})).body).toMatchObject({ database: 'unavailable' }),
  );
  expect((await client.fetch('/readyz', {})).status).toBe(503);
  await eventually(async () =>
    expect(await person.client.fails(CreatePostDocument, { input })).toEqual(['SERVICE_UNAVAILABLE']),
  );
  expect(await other.client.fails(ViewerDocument)).toEqual([]);
  const again = await Promise.all(Array.from({ length: 10 }, () => person.client.fails(ViewerDocument)));
  expect(again.flat()).toEqual([]);
  expect(await client.fails(RewardsDocument)).toEqual([]);

  // As after a failover: connections to the demoted server would stay read-only.
  await turn('off');
  await person.client.fails(CreatePostDocument, { input });
  expect(await person.client.fails(CreatePostDocument, { input })).toEqual([]);
  await ready(app);
  await eventually(async () => expect(await person.client.fails(CreatePostDocument, { input })).toEqual([]));
});

test.each([
  ['slow', { delay: 2_000 }],
  ['silent', { silent: true }],
  ['gone', { refuses: true }],
])('a Redis that is %s costs a request half a second, once in a while', async (state, fault) => {
  const { site, redis } = await createFaultySite();
  const app = await startApp({}, site);
  const person = await app.seed.user();
  await ready(app);
  redis.set(fault);
  if (state === 'gone') redis.cut();
  const begun = performance.now();
  const times: number[] = [];
  const failures: string[] = [];
  for (let turn = 0; performance.now() - begun < 2_500 || turn < 20; turn++) {
    const { value, ms } = await timed(
      turn % 2 === 0
        ? person.client.fails(ViewerDocument)
        : person.client.fails(CreatePostDocument, { input: { title: unique('Post '), body: 'Words.' } }),
    );
    failures.push(...value);
    times.push(ms);
  }
  expect(failures).toEqual([]);
  // A sign-in sends several commands to Redis.
  expect((await timed(app.seed.signIn(person))).ms).toBeLessThan(2_000);
  expect(Math.max(...times)).toBeLessThan(1_500);
  const slow = times.filter((ms) => ms > 400);
  expect(slow.length).toBeLessThanOrEqual(3);
  redis.set({});
  await ready(app);
});

test('past what it can carry it refuses at once, over HTTP and sockets, and tells the balancer; sockets may come back', async () => {
  const { site, postgres } = await createFaultySite();
  const app = await startApp({ DATABASE_POOL: '4' }, site);
  const socket = await Socket.acknowledged(app.client);
  const hello = { query: '{ hello { message } }' };
  // Connections that are open already: the server takes in new ones one by one.
  await Promise.all(Array.from({ length: 250 }, () => app.client.post(hello)));
  postgres.set({ delay: 100 });
  const crowd = Array.from({ length: 250 }, () => app.client.post({ query: '{ rewards { nodes { id } } }' }));
  const refused = await eventually(async () => {
    const { value, ms } = await timed(app.client.post(hello));
    expect(value.status).toBe(503);
    return { value, ms };
  });
  expect(refused.value.headers.get('retry-after')).toBe('1');
  expect(refused.value.body).toEqual({
    errors: [
      {
        message: expect.any(String),
        extensions: { code: 'SERVICE_UNAVAILABLE', requestId: refused.value.headers.get('x-request-id') },
      },
    ],
  });
  socket.send({ id: '1', type: 'subscribe', payload: { query: '{ hello { message } }' } });
  expect(await socket.codes()).toEqual(['SERVICE_UNAVAILABLE']);
  const back = await Socket.acknowledged(app.client);
  back.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { postChanged { cursor } }' } });
  back.send({ type: 'ping' });
  await back.receive('pong');
  const readiness = await app.client.fetch('/readyz', {});
  expect([readiness.status, readiness.body]).toEqual([503, expect.objectContaining({ load: 'unavailable' })]);
  expect((await app.client.fetch('/healthz', {})).status).toBe(200);

  postgres.set({});
  await Promise.all(crowd);
  await ready(app);
  expect(await app.client.fails(RewardsDocument)).toEqual([]);
});
