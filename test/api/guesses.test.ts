import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { ChangePasswordDocument, DeleteAccountDocument, SignInDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { createSite, type Site } from '../kit/site.ts';
import { unique } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';
import { launchRedis } from '../setup/redis.ts';
import { createFolder } from '../setup/services.ts';

const site = await createSite();
let here: App;
let there: App;
beforeAll(async () => {
  [here, there] = await Promise.all([
    startApp({ TRUST_PROXY: 'true' }, site),
    startApp({ TRUST_PROXY: 'true' }, site),
  ]);
});

const wrong = 'not theirs at all';
const at = ({ client }: Pick<App, 'client'>, address: string) => client.with({ 'x-forwarded-for': address });

/**
 * The code of one attempt to sign in; OK if it succeeded. On a busy machine it is repeated: a request refused for lack
 * of time does not count as an attempt.
 */
async function guess(client: Client, login: string, password = wrong): Promise<string> {
  const { data, errors } = (await client.ask(SignInDocument, { input: { login, password } })).body;
  const code = codesOf(errors)[0] ?? data?.signIn?.userErrors[0]?.code ?? 'OK';
  return code === 'SERVICE_UNAVAILABLE' ? guess(client, login, password) : code;
}

async function guesses(count: number, ...given: Parameters<typeof guess>): Promise<string[]> {
  const codes: string[] = [];
  for (let at = 0; at < count; at++) codes.push(await guess(...given));
  return codes;
}

const refused = (count: number) => Array.from({ length: count }, () => 'CREDENTIALS_INVALID');

async function countOf(codes: readonly Promise<string>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const code of await Promise.all(codes)) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
}

/** Makes all failed attempts of a site `ms` older, in Redis and in its processes. */
async function age({ variables }: Site, ms: number): Promise<void> {
  const redis = new Redis(variables.REDIS_URL ?? '');
  for (const key of await redis.keys(`${variables.REDIS_PREFIX}*guesses:*`))
    for (const member of await redis.zrange(key, 0, -1)) await redis.zincrby(key, -ms, member);
  redis.disconnect();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
  whenDone(() => vi.useRealTimers());
}

describe('ten wrong passwords of a login', () => {
  test('by username and email, in any spelling, of any process: then it answers RATE_LIMITED', async () => {
    const { username, email, password } = await here.seed.user();
    const [left, right] = [at(here, '192.0.2.1'), at(there, '192.0.2.2')];
    expect(await guesses(3, left, username)).toEqual(refused(3));
    expect(await guesses(3, right, email)).toEqual(refused(3));
    expect(await guess(left, username, password)).toBe('OK');
    expect(await guesses(2, right, username.toUpperCase())).toEqual(refused(2));
    expect(await guesses(2, right, ` ${email.toUpperCase()} `)).toEqual(refused(2));
    for (const login of [username, email, email.toUpperCase()])
      for (const client of [right, at(here, '192.0.2.3')])
        expect(await guess(client, login, password)).toBe('RATE_LIMITED');
    expect(await guess(right, unique('other'))).toBe('CREDENTIALS_INVALID');
  });

  test('answers alike where nobody has it', async () => {
    const { username, password } = await here.seed.user();
    const answers = async (login: string) => {
      const bodies = [];
      for (let tried = 0; tried < 12; tried++) {
        const client = at(tried % 2 ? here : there, '192.0.2.1');
        const { body } = await client.ask(SignInDocument, { input: { login, password: wrong } });
        bodies.push(JSON.parse(JSON.stringify(body, roughly)));
      }
      return bodies;
    };
    // Up to a few of its 900 seconds may have passed.
    const roughly = (key: string, value: unknown) =>
      key === 'retryAfter' && typeof value === 'number' ? 20 * Math.ceil(value / 20) : value;
    const known = await answers(username);
    expect(known[9]?.errors).toBeUndefined();
    expect(known[11]?.errors?.[0]?.extensions).toEqual({ code: 'RATE_LIMITED', retryAfter: 900 });
    expect(await answers(unique('nobody'))).toEqual(known);
    expect(await answers(`${unique('nobody')}@example.com`)).toEqual(known);
    // The id of an account is not a valid login.
    const other = await here.seed.user();
    expect(await answers(`account ${parseId(other.id).uuid}`)).toEqual(known);
    expect(await answers(parseId(other.id).uuid)).toEqual(known);
    expect(await guess(here.client, other.username, other.password)).toBe('OK');
    expect(await guess(here.client, username, password)).toBe('RATE_LIMITED');
  });

  test('as aliases of one request count one by one', async () => {
    const { username, password } = await here.seed.user();
    const call = (given: string) => `signIn(input: { login: "${username}", password: "${given}" })`;
    const tries = [...Array.from({ length: 14 }, () => wrong), password];
    const fields = tries.map((given, alias) => `a${alias}: ${call(given)} { userErrors { code } }`);
    const { body } = await here.client.post({ query: `mutation { ${fields.join('\n')} }` });
    const given = Object.values(body.data ?? {});
    expect(given.slice(0, 10)).toEqual(Array(10).fill({ userErrors: [{ code: 'CREDENTIALS_INVALID' }] }));
    expect(given.slice(10)).toEqual(Array(5).fill(null));
    expect(codesOf(body.errors)).toEqual(Array(5).fill('RATE_LIMITED'));
  });

  test('are ten of 50 at once, over two processes', async () => {
    const { username, email, password } = await here.seed.user();
    const tries = Array.from({ length: 50 }, (_, number) =>
      guess(at(number % 2 ? here : there, '192.0.2.1'), number % 3 ? username : email),
    );
    expect(await countOf(tries)).toEqual({ CREDENTIALS_INVALID: 10, RATE_LIMITED: 40 });
    expect(await guess(there.client, email, password)).toBe('RATE_LIMITED');
  });

  test('do not stand in the way of 50 right ones at once, even when there are nine', async () => {
    const { username, password } = await here.seed.user();
    await guesses(9, here.client, username);
    // Each from a different address, so that none is known.
    const tries = Array.from({ length: 50 }, (_, number) =>
      guess(at(number % 2 ? here : there, `198.51.100.${number}`), username, password),
    );
    expect(await countOf(tries)).toEqual({ OK: 50 });
  });

  test('count over a WebSocket too', async () => {
    const { username, password } = await here.seed.user();
    const live = openLive(here.client);
    const tryLive = async (given: string) => {
      const stream = await live.events(SignInDocument, { input: { login: username, password: given } });
      return stream.next();
    };
    for (let tried = 0; tried < 10; tried++)
      expect((await tryLive(wrong)).signIn?.userErrors[0]?.code).toBe('CREDENTIALS_INVALID');
    const stream = await live.events(SignInDocument, { input: { login: username, password } });
    expect(await stream.fails()).toEqual(['RATE_LIMITED']);
    expect(await guess(there.client, username, password)).toBe('RATE_LIMITED');
  });

  test('count where somebody deletes their account, with those of their sign-in', async () => {
    const person = await here.seed.user();
    const remove = async (client: Client, password: string | null) => {
      const { data, errors } = (await client.ask(DeleteAccountDocument, { input: { password } })).body;
      return codesOf(errors)[0] ?? data?.deleteAccount?.userErrors[0]?.code ?? 'OK';
    };
    for (let tried = 0; tried < 6; tried++)
      expect(await remove(person.client, wrong)).toBe('CREDENTIALS_INVALID');
    // No password was guessed.
    expect(await remove(person.client, null)).toBe('CREDENTIALS_INVALID');
    expect(await guesses(4, there.client, person.email)).toEqual(refused(4));
    expect(await remove(person.client, person.password)).toBe('RATE_LIMITED');
    expect(await remove(person.client, null)).toBe('CREDENTIALS_INVALID');
    expect(await guess(there.client, person.username, person.password)).toBe('RATE_LIMITED');
  });

  test('are forgotten once the window has passed', async () => {
    const { username, password } = await here.seed.user();
    await guesses(10, here.client, username);
    await age(site, 840_000);
    expect(await guess(here.client, username, password)).toBe('RATE_LIMITED');
    await age(site, 60_000);
    expect(await guess(here.client, username, password)).toBe('OK');
    expect(await guess(there.client, username, password)).toBe('OK');
  });
});

describe('an address from which somebody has signed in of late', () => {
  const home = '203.0.113.7';
  const signedInAgo = (person: Person, interval: string) =>
    site.sql(
      'update known_address set signed_in_at = now() - $1::interval where account_id = $2',
      interval,
      parseId(person.id).uuid,
    );

  test('is let in, whatever others guess; its own wrong tries count for them', async () => {
    const person = await here.seed.user();
    const { username, email, password } = person;
    expect(await guess(at(here, home), username, password)).toBe('OK');
    expect(await guesses(12, at(there, home), email)).toEqual(refused(12));
    expect(await guess(at(here, '203.0.113.8'), username, password)).toBe('RATE_LIMITED');
    expect(await guess(at(there, home), username, password)).toBe('OK');
    // The same address as a dual-stack socket shows it.
    expect(await guess(at(there, `::ffff:${home}`), username, password)).toBe('OK');
    expect(await guess(at(there, 'unknown'), username, password)).toBe('RATE_LIMITED');
    // The first address in the chain of proxies is known for this person.
    expect(await guess(at(there, `${home}, 10.0.0.1`), username, password)).toBe('OK');
  });

  test('has 50 wrong tries of its own, by whatever route, over two processes', async () => {
    const person = await here.seed.user();
    const { username, email, password } = person;
    const [house, office] = ['203.0.113.30', '203.0.113.31'];
    for (const address of [house, office])
      expect(await guess(at(here, address), username, password)).toBe('OK');
    // Guesses by others do not count.
    await guesses(12, at(there, '203.0.113.32'), username);
    const owner = person.client.with({ 'x-forwarded-for': house });
    const input = { currentPassword: wrong, newPassword: 'seven quiet lanterns' };
    expect(await owner.refused(ChangePasswordDocument, { input })).toEqual([
      ['CREDENTIALS_INVALID', 'input.currentPassword'],
    ]);
    const tries = Array.from({ length: 80 }, (_, number) =>
      guess(at(number % 2 ? here : there, number % 3 ? house : office), number % 5 ? username : email),
    );
    expect(await countOf(tries)).toEqual({ CREDENTIALS_INVALID: 49, RATE_LIMITED: 31 });
    for (const address of [house, office])
      expect(await guess(at(there, address), email, password)).toBe('RATE_LIMITED');
    const { body } = await at(here, house).ask(SignInDocument, { input: { login: email, password } });
    expect(body.errors?.[0]?.extensions?.retryAfter).toSatisfy((wait: number) => wait > 800 && wait <= 900);
    await age(site, 900_000);
    expect(await guess(at(there, house), username, password)).toBe('OK');
  });

  test('is a /64 of IPv6, and mapped IPv4 is IPv4', async () => {
    const { username, password } = await here.seed.user();
    expect(await guess(at(here, '2001:db8:1:2::1'), username, password)).toBe('OK');
    expect(await guess(at(here, '203.0.113.40'), username, password)).toBe('OK');
    await guesses(10, at(there, '203.0.113.41'), username);
    for (const address of ['2001:db8:1:2:ffff:1:2:3', '2001:DB8:1:2::', '203.0.113.40', '::ffff:cb00:7128'])
      expect([address, await guess(at(there, address), username, password)]).toEqual([address, 'OK']);
    for (const address of ['2001:db8:1:3::1', '2001:db8::1:2', '::ffff:cb00:7129'])
      expect([address, await guess(at(there, address), username, password)]).toEqual([
        address,
        'RATE_LIMITED',
      ]);
  });

  test('of another account is as good as none', async () => {
    const [person, other] = [await here.seed.user(), await here.seed.user()];
    expect(await guess(at(here, home), other.username, other.password)).toBe('OK');
    expect(await guesses(10, at(here, home), person.username)).toEqual(refused(10));
    expect(await guess(at(here, home), person.username, person.password)).toBe('RATE_LIMITED');
  });

  test('is one of the /64 of IPv6, in any spelling, and one address of IPv4', async () => {
    const person = await here.seed.user();
    const { username, password } = person;
    expect(await guess(at(here, '2001:DB8:0:7::1'), username, password)).toBe('OK');
    expect(await guess(at(here, '::ffff:cb00:710a'), username, password)).toBe('OK');
    expect(await guesses(11, at(there, '192.0.2.66'), username)).toContain('RATE_LIMITED');
    for (const known of ['2001:db8:0:7:ffff::9', '2001:0db8::7:a:b:c:d', '203.0.113.10'])
      expect([known, await guess(at(there, known), username, password)]).toEqual([known, 'OK']);
    for (const other of ['2001:db8:0:8::1', '2001:db8::1', '203.0.113.11', '::cb00:710a'])
      expect([other, await guess(at(there, other), username, password)]).toEqual([other, 'RATE_LIMITED']);
  });

  test('is known for 30 days, and by sign-ins alone', async () => {
    const person = await here.seed.user();
    const { username, password } = person;
    await guesses(10, at(there, '203.0.113.8'), username);
    // The person has signed up from here.
    expect(await guess(here.client, username, password)).toBe('RATE_LIMITED');
    await age(site, 900_000);
    expect(await guess(at(here, home), username, password)).toBe('OK');
    await guesses(10, at(there, '203.0.113.8'), username);
    await signedInAgo(person, '30 days');
    expect(await guess(at(here, home), username, password)).toBe('RATE_LIMITED');
    await signedInAgo(person, '29 days 23:59:50');
    expect(await guess(at(here, home), username, password)).toBe('OK');
  });

  test('is what a proxy says, where proxies are trusted alone', async () => {
    const plain = await startApp({}, site);
    const { username, password } = await plain.seed.user();
    expect(await guess(at(plain, home), username, password)).toBe('OK');
    const [known] = await site.sql('select ip_address from known_address order by signed_in_at desc');
    expect(known).toEqual({ ip_address: '127.0.0.1' });
  });
});

describe('when Redis stops', () => {
  test('each process goes on from what it has seen, and is together with the others when it is back', async () => {
    await using redis = await stoppableRedis();
    const own = await createSite();
    const shared: Site = { ...own, variables: { ...own.variables, REDIS_URL: redis.url } };
    const [left, right] = [await startApp({}, shared), await startApp({}, shared)];
    const people = await Promise.all([left.seed.user(), left.seed.user()]);
    const [first, second] = people.map(({ username }) => username) as [string, string];
    expect(await guesses(10, left.client, first)).toEqual(refused(10));
    expect(await guess(right.client, first)).toBe('RATE_LIMITED');

    await redis.stop();
    expect(await guess(left.client, first)).toBe('RATE_LIMITED');
    expect(await guesses(10, right.client, first)).toEqual(refused(10));
    expect(await guess(right.client, first)).toBe('RATE_LIMITED');
    const tries = Array.from({ length: 50 }, () => guess(left.client, second));
    expect(await countOf(tries)).toEqual({ CREDENTIALS_INVALID: 10, RATE_LIMITED: 40 });
    const third = await left.seed.user().active();
    const known = Array.from({ length: 80 }, () => guess(left.client, third.username));
    expect(await countOf(known)).toEqual({ CREDENTIALS_INVALID: 50, RATE_LIMITED: 30 });
    expect(await guess(left.client, third.username, third.password)).toBe('RATE_LIMITED');

    await redis.start();
    expect(await guess(left.client, first)).toBe('RATE_LIMITED');
    expect(await guess(left.client, second)).toBe('RATE_LIMITED');
    await eventually(async () => {
      const login = unique('nobody');
      await guesses(10, left.client, login);
      expect(await guess(right.client, login)).toBe('RATE_LIMITED');
    });
  });

  async function stoppableRedis() {
    const folder = await createFolder();
    let server = await launchRedis(folder);
    const { url } = server;
    const stop = () => server[Symbol.asyncDispose]();
    return {
      url,
      stop,
      async start() {
        server = await launchRedis(folder, Number(new URL(url).port));
      },
      [Symbol.asyncDispose]: stop,
    };
  }
});
