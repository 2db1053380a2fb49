import { describe, expect, test } from 'vitest';
import { Passwords } from '../../src/auth/password.ts';
import { ApiError } from '../../src/domain/errors.ts';

describe('passwords', () => {
  const passwords = new Passwords();

  test('are hashed by argon2id at the contract’s costs, with another salt each time', async () => {
    const [one, two] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify(one, 'correct horse')).toBe(true);
    expect(await passwords.verify(one, 'Correct horse')).toBe(false);
  });

  test('are the same in every spelling that Unicode has for them', async () => {
    const decomposed = 'cafe\u0301 au lait';
    const stored = await passwords.hash(decomposed);
    expect(await passwords.verify(stored, 'caf\u00e9 au lait')).toBe(true);
    expect(await passwords.verify(stored, decomposed)).toBe(true);
    expect(await passwords.verify(stored, 'cafe au lait')).toBe(false);
  });

  test('of 128 characters of four bytes are checked whole', async () => {
    const longest = '\u{1f511}'.repeat(128);
    const stored = await passwords.hash(longest);
    expect(await passwords.verify(stored, longest)).toBe(true);
    expect(await passwords.verify(stored, '\u{1f511}'.repeat(127))).toBe(false);
    expect(await passwords.verify(stored, `${longest}x`)).toBe(false);
  });

  test('match nothing where there is no hash', async () => {
    for (const guess of ['', 'password', 'correct horse'])
      expect(await passwords.verify(null, guess)).toBe(false);
  });

  test('take no less work where there is no hash', async () => {
    const stored = await passwords.hash('correct horse');
    const cpu = async (work: () => Promise<unknown>) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 5; i++) await work();
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    const known = await cpu(() => passwords.verify(stored, 'wrong'));
    const unknown = await cpu(() => passwords.verify(null, 'wrong'));
    // The bound is loose because other tests use the same machine; skipping the work would make a factor of hundreds.
    expect(unknown / known).toBeGreaterThan(0.3);
  });

  test('wait in a queue with a bound: what comes beyond it is told so, and all others are served', async () => {
    const few = new Passwords({ atOnce: 1, waiting: 3 });
    const settled = await Promise.allSettled(Array.from({ length: 6 }, () => few.verify(null, 'guess')));
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 4 }, () => 'fulfilled'),
      ...Array.from({ length: 2 }, () => 'rejected'),
    ]);
    const last = settled.at(-1);
    expect(last?.status === 'rejected' && last.reason).toBeInstanceOf(ApiError);
    expect(last?.status === 'rejected' && last.reason).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    // All turns have been released.
    const again = await Promise.all(Array.from({ length: 4 }, () => few.verify(null, 'guess')));
    expect(again).toEqual([false, false, false, false]);
  });

  test('a failing check gives its turn back', async () => {
    const one = new Passwords({ atOnce: 1, waiting: 1 });
    await expect(one.verify('not a hash', 'guess')).rejects.toThrow();
    expect(await one.verify(null, 'guess')).toBe(false);
  });
});
