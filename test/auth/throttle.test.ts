import { setImmediate as tick } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { type Flow, flowOfAccount, flowOfAddress } from '../../src/auth/flow.ts';
import type { Guesses, GuessLimits } from '../../src/auth/guesses.ts';
import { InProcessGuesses } from '../../src/auth/in-process-guesses.ts';
import { RedisGuesses } from '../../src/auth/redis-guesses.ts';
import { guessLimits, Throttle, Throttled, type ThrottleOptions } from '../../src/auth/throttle.ts';
import { unique } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';
import { createRedisSpace } from '../setup/services.ts';

const log = pino({ level: 'silent' });
const minute = 60_000;

/** Records of attempts, with a clock that a test moves. */
interface Counted {
  readonly guesses: Guesses;
  /** Makes all recorded attempts `ms` older. */
  age(ms: number): Promise<void>;
}

function counted(limits: GuessLimits = guessLimits): Counted {
  const clock = { ahead: 0 };
  return {
    guesses: new InProcessGuesses({ ...limits, now: () => Date.now() + clock.ahead }),
    async age(ms) {
      clock.ahead += ms;
    },
  };
}

async function countedInRedis(limits: GuessLimits = guessLimits) {
  const { url, namespace } = await createRedisSpace();
  const client = new Redis(url);
  whenDone(() => client.disconnect());
  const prefix = `${namespace}:`;
  const keys = () => client.keys(`${prefix}*`);
  return {
    guesses: new RedisGuesses({ ask: (command) => command(client), prefix }, limits),
    client,
    keys,
    async age(ms: number) {
      for (const key of await keys())
        for (const member of await client.zrange(key, 0, -1)) await client.zincrby(key, -ms, member);
    },
  };
}

function throttleOf(guesses: Guesses, options: Partial<ThrottleOptions> = {}): Throttle {
  return new Throttle({ own: guesses, log, ...options });
}

/** A flow of an unknown address that waits `patience` ms at most. */
const stranger = (patience = 10_000): Flow => ({
  ...flowOfAddress({ ipAddress: '192.0.2.1', userAgent: null }),
  until: performance.now() + patience,
});
/** A flow of a person at an address from which they have signed in before. */
const known = (): Flow => flowOfAccount('of somebody');

const wrong = async () => false;
const right = async () => true;

/** Up to `seconds`; some of them may have passed. */
const about = (seconds: number) =>
  expect.toSatisfy((value: unknown) => typeof value === 'number' && value <= seconds && value > seconds - 20);

/** The results of `count` attempts, one after the other. */
async function inTurn(count: number, guess: () => Promise<boolean | Throttled>) {
  const outcomes: (boolean | Throttled)[] = [];
  for (let at = 0; at < count; at++) outcomes.push(await guess());
  return outcomes;
}

/** Attempts whose verification ends when a test says so. */
function underWay(throttle: Throttle, login: string) {
  const started: ((isRight: boolean) => void)[] = [];
  const begin = () =>
    throttle.guess(login, stranger(), () => new Promise<boolean>((resolve) => void started.push(resolve)));
  const until = async (count: number) => {
    while (started.length < count) await tick();
  };
  return { started, begin, until };
}

describe.each([
  ['in this process', async () => counted()],
  ['in Redis', async () => countedInRedis()],
])('tries counted %s', (_, count) => {
  test('ten wrong ones, whatever is right between them, and then none', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    expect(await inTurn(9, () => throttle.guess(login, stranger(), wrong))).toEqual(Array(9).fill(false));
    expect(await throttle.guess(login, stranger(), right)).toBe(true);
    expect(await throttle.guess(login, stranger(), wrong)).toBe(false);
    const tried: string[] = [];
    const refused = await throttle.guess(login, stranger(), async () => tried.push('tried') > 0);
    expect(refused).toMatchObject({ retryAfter: about(900), first: true });
    expect(await throttle.guess(login, stranger(), right)).toMatchObject({ first: false });
    expect(tried).toEqual([]);
    expect(await throttle.guess(unique('other'), stranger(), right)).toBe(true);
  });

  test('what is refused is no try: the window goes on from the ten', async () => {
    const { guesses, age } = await count();
    const throttle = throttleOf(guesses);
    const login = unique('login');
    await throttle.guess(login, stranger(), wrong);
    await age(5 * minute);
    await inTurn(9, () => throttle.guess(login, stranger(), wrong));
    expect(await inTurn(20, () => throttle.guess(login, stranger(), right))).toContainEqual(
      expect.objectContaining({ retryAfter: about(600) }),
    );
    await age(10 * minute - 5_000);
    expect(await throttle.guess(login, stranger(), right)).toBeInstanceOf(Throttled);
    await age(5_000);
    // The oldest attempt has left the window, so there is room for one more.
    expect(await throttle.guess(login, stranger(), wrong)).toBe(false);
    expect(await throttle.guess(login, stranger(), right)).toMatchObject({
      retryAfter: expect.any(Number),
      first: false,
    });
    await age(15 * minute);
    expect(await inTurn(10, () => throttle.guess(login, stranger(), wrong))).toEqual(Array(10).fill(false));
    expect(await throttle.guess(login, stranger(), wrong)).toMatchObject({ first: true });
  });

  test('50 wrong ones at once are ten tries', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => throttle.guess(login, stranger(), wrong)),
    );
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome instanceof Throttled)).toHaveLength(40);
    expect(outcomes.filter((outcome) => outcome instanceof Throttled && outcome.first)).toHaveLength(1);
  });

  test('50 right ones at once are all let through, even where one place is left', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    await inTurn(9, () => throttle.guess(login, stranger(), wrong));
    const outcomes = Array.from({ length: 50 }, () => throttle.guess(login, stranger(), right));
    expect(await Promise.all(outcomes)).toEqual(Array(50).fill(true));
  });

  test('never more are under way than may be wrong', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    const { started, begin, until } = underWay(throttle, login);
    const outcomes = Array.from({ length: 12 }, begin);
    await until(10);
    started[0]?.(true);
    await until(11);
    expect(started).toHaveLength(11);
    for (const end of started) end(false);
    const settled = await Promise.all(outcomes);
    expect(settled.filter((outcome) => outcome === false)).toHaveLength(10);
    expect(settled.filter((outcome) => outcome === true)).toHaveLength(1);
    expect(settled.filter((outcome) => outcome instanceof Throttled)).toHaveLength(1);
  });

  test('a check that fails is no try', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    const broken = async () => {
      throw new Error('Too many wait.');
    };
    for (let at = 0; at < 12; at++)
      await expect(throttle.guess(login, stranger(), broken)).rejects.toThrow('Too many');
    expect(await inTurn(10, () => throttle.guess(login, stranger(), wrong))).toEqual(Array(10).fill(false));
    expect(await throttle.guess(login, stranger(), wrong)).toBeInstanceOf(Throttled);
  });

  test('from known addresses there are 50, which count for the others too', async () => {
    const { guesses, age } = await count();
    const throttle = throttleOf(guesses);
    const login = unique('login');
    const tryWrong = () => throttle.guess(login, known(), wrong);
    expect(await inTurn(49, tryWrong)).toEqual(Array(49).fill(false));
    expect(await throttle.guess(login, stranger(), right)).toBeInstanceOf(Throttled);
    expect(await throttle.guess(login, known(), right)).toBe(true);
    expect(await tryWrong()).toBe(false);
    expect(await throttle.guess(login, known(), right)).toMatchObject({
      retryAfter: about(900),
      first: true,
    });
    expect(await tryWrong()).toMatchObject({ first: false });
    await age(15 * minute);
    expect(await throttle.guess(login, known(), right)).toBe(true);
  });

  test('what others guess takes nothing from those 50, and 80 at once are 50', async () => {
    const throttle = throttleOf((await count()).guesses);
    const login = unique('login');
    await inTurn(12, () => throttle.guess(login, stranger(), wrong));
    const tries = Array.from({ length: 80 }, () => throttle.guess(login, known(), wrong));
    const outcomes = await Promise.all(tries);
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(50);
    expect(outcomes.filter((outcome) => outcome instanceof Throttled)).toHaveLength(30);
  });

  test('the place of a process that was killed is free again after a while', async () => {
    const { guesses, age } = await count();
    const login = unique('login');
    const killed = throttleOf(guesses);
    const { begin, until } = underWay(killed, login);
    for (let at = 0; at < 10; at++) void begin();
    await until(10);
    const throttle = throttleOf(guesses);
    const waiting = throttle.guess(login, stranger(), right);
    await age(15_000);
    expect(await waiting).toBe(true);
  });

  test.each([
    ['in all', { mostWaiting: 2 }, 'SERVICE_UNAVAILABLE'],
    ['in one line', { mostInLine: 2 }, 'SERVICE_UNAVAILABLE'],
    ['of one flow', { mostOfOne: 2 }, 'RATE_LIMITED'],
  ])('so many wait at most %s; the others are sent away at once', async (_, lines, code) => {
    const throttle = throttleOf((await count()).guesses, { lines });
    const { end, login } = await tenUnderWay(throttle);
    const waiting = Array.from({ length: 5 }, () => codeOr(throttle.guess(login, stranger(), right)));
    expect(await Promise.all(waiting.slice(2))).toEqual(Array(3).fill(code));
    // Known flows wait in separate lines.
    expect(await throttle.guess(login, known(), right)).toBe(true);
    await end();
    expect(await Promise.all(waiting.slice(0, 2))).toEqual([true, true]);
  });

  test('nobody waits for ever, at the head of the line or in it', async () => {
    const throttle = throttleOf((await count()).guesses);
    const { end, login } = await tenUnderWay(throttle);
    const patient = throttle.guess(login, stranger(), right);
    const impatient = Array.from({ length: 3 }, () => codeOr(throttle.guess(login, stranger(30), right)));
    const last = throttle.guess(login, stranger(), right);
    expect(await Promise.all(impatient)).toEqual(Array(3).fill('SERVICE_UNAVAILABLE'));
    expect(await codeOr(throttle.guess(login, stranger(-1), right))).toBe('SERVICE_UNAVAILABLE');
    await end();
    expect(await Promise.all([patient, last])).toEqual([true, true]);
    expect(await throttle.guess(login, stranger(), right)).toBe(true);
  });
});

/** Uses all permits of a login; `end` returns them. */
async function tenUnderWay(throttle: Throttle) {
  const login = unique('login');
  const { started, begin, until } = underWay(throttle, login);
  const outcomes: Promise<boolean | Throttled>[] = [];
  while (outcomes.length < 10) {
    outcomes.push(begin());
    await until(outcomes.length);
  }
  return {
    login,
    async end() {
      for (const finish of started) finish(true);
      expect(await Promise.all(outcomes)).toEqual(Array(10).fill(true));
    },
  };
}

const codeOr = (guess: Promise<boolean | Throttled>) => guess.catch(({ code }: { code: string }) => code);

describe('tries counted in Redis', () => {
  test('are those of all processes', async () => {
    const { guesses } = await countedInRedis();
    const here = throttleOf(counted().guesses, { shared: guesses });
    const there = throttleOf(counted().guesses, { shared: guesses });
    const login = unique('login');
    await inTurn(5, () => here.guess(login, stranger(), wrong));
    await inTurn(5, () => there.guess(login, stranger(), wrong));
    expect(await here.guess(login, stranger(), right)).toMatchObject({ first: true });
    expect(await there.guess(login, stranger(), right)).toMatchObject({ first: false });
  });

  test('say nothing of who was tried, and are gone with the window', async () => {
    const { guesses, client, keys } = await countedInRedis();
    const login = unique('login');
    const throttle = throttleOf(counted().guesses, { shared: guesses });
    await inTurn(12, () => throttle.guess(login, stranger(), wrong));
    const [key = '', ...more] = await keys();
    expect(more).toEqual([]);
    expect(key).toMatch(/:guesses:[\w-]{43}$/);
    const ttl = await client.pttl(key);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(15 * minute);
    // However many attempts are wrong, a key holds as many as are allowed, and a mark that the person was notified.
    await inTurn(60, () => throttle.guess(login, known(), wrong));
    expect(await client.zcard(key)).toBe(11);
    const [other = '', ...others] = (await keys()).filter((name) => name !== key);
    expect(others).toEqual([]);
    expect(other).toMatch(/:guesses:[\w-]{43}$/);
    expect(await client.zcard(other)).toBe(51);
  });

  test('leave nothing where all was right', async () => {
    const { guesses, keys } = await countedInRedis();
    const throttle = throttleOf(counted().guesses, { shared: guesses });
    await inTurn(3, () => throttle.guess(unique('login'), stranger(), right));
    expect(await keys()).toEqual([]);
  });
});

describe('while Redis is away', () => {
  const away: Guesses = {
    begin: () => Promise.reject(new Error('away')),
    end: () => Promise.reject(new Error('away')),
  };

  test('each process counts by itself', async () => {
    const throttle = throttleOf(counted().guesses, { shared: away });
    const login = unique('login');
    expect(await inTurn(10, () => throttle.guess(login, stranger(), wrong))).toEqual(Array(10).fill(false));
    expect(await throttle.guess(login, stranger(), right)).toBeInstanceOf(Throttled);
    expect(await throttle.guess(unique('other'), stranger(), right)).toBe(true);
  });

  test('it goes on from what it has seen before, and after a Redis that came back empty', async () => {
    const { guesses, client } = await countedInRedis();
    const throttle = throttleOf(counted().guesses, { shared: guesses });
    const login = unique('login');
    await inTurn(10, () => throttle.guess(login, stranger(), wrong));
    await client.flushdb();
    expect(await throttle.guess(login, stranger(), right)).toMatchObject({ retryAfter: about(900) });
    // The permits that it took meanwhile have been returned.
    expect(await client.dbsize()).toBe(0);
  });
});

test('the process keeps no more logins in mind than it may', async () => {
  const guesses = new InProcessGuesses({ ...guessLimits, mostLogins: 3 });
  const throttle = throttleOf(guesses);
  const logins = Array.from({ length: 4 }, () => unique('login'));
  for (const login of logins) await inTurn(10, () => throttle.guess(login, stranger(), wrong));
  const [first = '', ...others] = logins;
  for (const login of others)
    expect(await throttle.guess(login, stranger(), right)).toBeInstanceOf(Throttled);
  expect(await throttle.guess(first, stranger(), right)).toBe(true);
});
