import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  ChangePasswordDocument,
  DeleteUserDocument,
  HelloDocument,
  RefreshSessionDocument,
  RevokeSessionDocument,
  SetRoleDocument,
  SignOutDocument,
  SuspendAccountDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { lockWaits } from '../kit/lock-waits.ts';
import { type OwnRedis, startOwnRedis } from '../kit/own-redis.ts';
import type { Person } from '../kit/seed.ts';
import { startProcess } from '../kit/server-process.ts';
import { sessionIdOf } from '../kit/session-id.ts';
import { createSite } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';
import { present } from '../kit/unique.ts';
import { withClient } from '../setup/postgres.ts';

/** The time that the contract allows a socket after its session has ended, in ms. */
const contractual = 1_000;

let redis: OwnRedis;
let here: App;
let there: App;
beforeEach(async () => {
  redis = await startOwnRedis();
  const site = await createSite();
  here = await startApp({ REDIS_URL: redis.url }, site);
  there = await startApp({ REDIS_URL: redis.url }, site);
  for (const app of [here, there])
    await eventually(async () => (await app.client.fetch('/readyz', {})).status === 200);
});

/** A socket at the other process, with a subscription that has already delivered an event. */
async function listening(person: Person) {
  const live = openLive(there.client.as(person));
  const stream = await live.events(WalletChangedDocument);
  await here.seed.give(person, { currency: 'GOLD', amount: 1 });
  await stream.next();
  return { live, stream };
}

/** Publishes a live event to the person at once, whatever the state of the account. */
async function causeEvent({ id }: Person): Promise<void> {
  const { uuid } = parseId(id);
  await here.site.sql(
    `insert into live_event (topic, audience, payload)
     select 'wallet_changed', wallet_id, jsonb_build_object('entryId', id) from ledger_entry
     where wallet_id = $1 limit 1`,
    uuid,
  );
  await here.site.sql('notify questline_live');
}

/** The codes with which each process answers to a token. */
const codesFor = (token: { accessToken: string }) =>
  Promise.all([here, there].map(({ client }) => client.as(token).fails(HelloDocument)));
const good = [[], []];
const refused = [['UNAUTHENTICATED'], ['UNAUTHENTICATED']];

/** Every way in which a token ends before its time; each request goes to the first process. */
const endings: [string, (person: Person, other: Person) => Promise<unknown>][] = [
  ['signOut', ({ client }) => client.mutate(SignOutDocument)],
  [
    'revokeSession',
    (person, other) =>
      other.client.mutate(RevokeSessionDocument, { input: { sessionId: sessionIdOf(person) } }),
  ],
  [
    'changePassword',
    (_, { client, password: currentPassword }) =>
      client.mutate(ChangePasswordDocument, {
        input: { currentPassword, newPassword: 'seven quiet lanterns' },
      }),
  ],
  [
    'suspendAccount',
    async ({ id: userId }) =>
      (await here.seed.boss()).client.mutate(SuspendAccountDocument, { input: { userId, suspended: true } }),
  ],
  [
    'setRole',
    async ({ id: userId }) =>
      (await here.seed.boss()).client.mutate(SetRoleDocument, { input: { userId, role: 'SERVICE' } }),
  ],
  [
    'deleteUser',
    async ({ id: userId }) =>
      (await here.seed.boss()).client.mutate(DeleteUserDocument, { input: { userId } }),
  ],
  [
    'a refresh token that comes again',
    async ({ refreshToken }) => {
      const { client } = here;
      const second = await client.mutate(RefreshSessionDocument, { input: { refreshToken } });
      await client.mutate(RefreshSessionDocument, { input: { refreshToken: second.refreshToken } });
      await client.refused(RefreshSessionDocument, { input: { refreshToken } });
    },
  ],
];

/** The state of Redis while a session is ended, and the endings that are tried in it. */
const circumstances: [string, () => Promise<unknown>, typeof endings][] = [
  ['with Redis', async () => undefined, endings],
  [
    'with Redis stopped',
    () => redis.stop(),
    endings.filter(([name]) => ['signOut', 'setRole'].includes(name)),
  ],
  ['with Redis hanging', () => redis.hang(60_000), endings.filter(([name]) => name === 'revokeSession')],
];

describe.each(circumstances)('%s', (_, change, ways) => {
  test.each(ways)(
    '%s ends tokens everywhere when it is answered, and sockets within a second',
    async (_name, end) => {
      const person = await here.seed.user();
      const other = await here.seed.signIn(person);
      const { live, stream } = await listening(person);
      expect(await codesFor(person)).toEqual(good);
      await change();

      await end(person, other);
      expect(await codesFor(person)).toEqual(refused);

      await delay(contractual);
      await causeEvent(person);
      expect(await live.closed()).toMatchObject({ code: 4403 });
      await expect(stream.next()).rejects.toThrow('4403');
      expect(await codesFor(person)).toEqual(refused);
    },
  );
});

describe('no session comes back that has ended', () => {
  const signOutOf = async (person: Person) => {
    expect(await codesFor(person)).toEqual(good);
    await person.client.mutate(SignOutDocument);
    expect(await codesFor(person)).toEqual(refused);
  };
  const ready = () =>
    Promise.all(
      [here, there].map(({ client }) =>
        eventually(async () => (await client.fetch('/readyz', {})).status === 200),
      ),
    );

  test('when Redis comes back empty, however it ended', async () => {
    const [before, during, living] = [await here.seed.user(), await here.seed.user(), await here.seed.user()];
    expect(await codesFor(living)).toEqual(good);
    await signOutOf(before);
    await redis.stop();
    await signOutOf(during);
    for (const person of [before, during]) expect(await codesFor(person)).toEqual(refused);
    expect(await codesFor(living)).toEqual(good);
    await redis.restart();
    await ready();
    for (const person of [before, during]) expect(await codesFor(person)).toEqual(refused);
    expect(await codesFor(living)).toEqual(good);
  });

  test('when Redis is emptied while it serves', async () => {
    const person = await here.seed.user();
    await signOutOf(person);
    await redis.command('flushall');
    expect(await codesFor(person)).toEqual(refused);
  });

  test('when its lease was kept from the one who ends it', async () => {
    // Redis serves all processes but the one that ends the session, which can therefore leave no tombstone.
    const lonely = await startApp({ REDIS_URL: 'redis://127.0.0.1:1' }, here.site);
    const person = await here.seed.user();
    const { live } = await listening(person);
    expect(await codesFor(person)).toEqual(good);
    await lonely.client.as(person).mutate(SignOutDocument);
    expect(await codesFor(person)).toEqual(refused);
    // Its socket was told of the end while the lease was still valid.
    expect(await live.closed()).toMatchObject({ code: 4403 });
  });

  test('nor goes that lives, when the process that ends it is killed before the commit', async () => {
    const person = await here.seed.user();
    expect(await codesFor(person)).toEqual(good);
    const held = await redis.command('get', await leaseOf(person));
    expect(held).not.toBeNull();
    const server = await startProcess(here.site, { REDIS_URL: redis.url });
    // The last statement before the COMMIT waits for this lock.
    const unfinished = withClient(here.site.variables.DATABASE_URL ?? '', async (client) => {
      await client.query('begin; lock table live_event in exclusive mode');
      const answer = new Client(server.url)
        .as(person)
        .ask(SignOutDocument)
        .catch(() => 'killed');
      // The relay may be waiting for it, too.
      await eventually(async () =>
        expect(await redis.command('get', await leaseOf(person))).toBe('withdrawn'),
      );
      await eventually(async () => (await lockWaits(here.site)) > 0);
      await server.kill();
      await client.query('rollback');
      return answer;
    });
    expect(await unfinished).toBe('killed');
    // Nothing was committed, so what was written in Redis refuses no live session.
    expect(await codesFor(person)).toEqual(good);
  });

  test('when its role is changed there and back, or its suspension lifted', async () => {
    const person = await here.seed.user();
    const { client: admin } = await here.seed.boss();
    const input = { userId: person.id };
    const token = () =>
      here.client.mutate(RefreshSessionDocument, { input: { refreshToken: person.refreshToken } });
    expect(await codesFor(person)).toEqual(good);
    // From the start of a second, so that all of it happens within one: tokens issued between two changes count as
    // issued before the later one.
    await delay(1_000 - (Date.now() % 1_000));
    const between: { accessToken: string }[] = [];
    for (const role of ['ADMIN', 'USER', 'ADMIN', 'USER'] as const) {
      await admin.mutate(SetRoleDocument, { input: { ...input, role } });
      between.push(await token());
    }
    expect(await codesFor(present(between.pop()))).toEqual(good);
    for (const old of [person, ...between]) expect(await codesFor(old)).toEqual(refused);
    const renewed = await token();
    expect(await codesFor(renewed)).toEqual(good);
    const socket = await Socket.acknowledged(there.client, {
      authorization: `Bearer ${renewed.accessToken}`,
    });
    socket.send({ type: 'ping' });
    await socket.receive('pong');
    expect(await codesFor(person)).toEqual(refused);
    const again = await here.seed.signIn(person);
    expect(await codesFor(again)).toEqual(good);

    for (const suspended of [true, false])
      await admin.mutate(SuspendAccountDocument, { input: { ...input, suspended } });
    for (const ended of [person, renewed, again]) expect(await codesFor(ended)).toEqual(refused);
    expect(await codesFor(await here.seed.signIn(person))).toEqual(good);
  });
});

test('a socket closes when its token expires, with Redis and PostgreSQL stopped', async () => {
  const brief = await startApp({ REDIS_URL: redis.url, ACCESS_TOKEN_TTL: '5s' }, here.site);
  const { refreshToken } = await here.seed.user();
  const short = await brief.client.mutate(RefreshSessionDocument, { input: { refreshToken } });
  const socket = await Socket.acknowledged(there.client, { authorization: `Bearer ${short.accessToken}` });
  await redis.stop();
  await here.site.admit(false);
  expect(await socket.closeCode()).toBe(4403);
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(short.accessTokenExpiresAt));
});

test('an operation on the open socket of an ended session is not served', async () => {
  const person = await here.seed.user();
  const socket = await Socket.acknowledged(there.client, { authorization: `Bearer ${person.accessToken}` });
  const ask = { id: '1', type: 'subscribe', payload: { query: '{ hello { message } }' } };
  socket.send(ask);
  await socket.receive('next');
  await socket.receive('complete');
  await here.site.settled();
  await withClient(here.site.variables.DATABASE_URL ?? '', async (relay) => {
    // Nothing is relayed while another session holds the relay's lock, so the socket does not hear of the end.
    await relay.query(`select pg_advisory_lock(hashtextextended('questline_live', 0))`);
    await person.client.mutate(SignOutDocument);
    socket.send(ask);
    expect(await socket.closeCode()).toBe(4403);
    await expect(socket.receive('next')).rejects.toThrow('closed with 4403');
  });
});

test('of 50 requests in a row PostgreSQL is asked about the session for a few', async () => {
  const person = await here.seed.user();
  const asked = async () => {
    const text = await (await fetch(`${here.url}/metrics`)).text();
    return Number(/statement="session\.live"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const before = await asked();
  for (let n = 0; n < 50; n++) expect(await person.client.fails(HelloDocument)).toEqual([]);
  // A lease that lasts a few seconds serves them, however slow they are.
  expect((await asked()) - before).toBeLessThan(10);
});

async function leaseOf(person: Person): Promise<string> {
  const [key = ''] = await redis.keys(`*session:${sessionIdOf(person)}`);
  return key;
}
