import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Credentials } from '../../src/auth/credentials.ts';
import { InProcessGuesses } from '../../src/auth/in-process-guesses.ts';
import { Passwords } from '../../src/auth/password.ts';
import { guessLimits, Throttle } from '../../src/auth/throttle.ts';
import type { Db } from '../../src/database/database.ts';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { eventually } from '../kit/eventually.ts';
import { device, granted, type Identity, newName, openIdentity, password, refused } from './identity.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());

describe('signIn', () => {
  test('takes a username or an email, without case and with spaces around it', async () => {
    const { username, email, accountId } = await identity.signUp();
    for (const login of [username, email, username.toUpperCase(), email.toUpperCase(), ` ${username} `]) {
      const result = granted(await identity.signIn(login));
      expect(result.accountId).toBe(accountId);
      expect((await identity.viewerOf(result.accessToken)).accountId).toBe(accountId);
    }
  });

  test('each begins a session of its own', async () => {
    const { username, accountId } = await identity.signUp();
    const results = [granted(await identity.signIn(username)), granted(await identity.signIn(username))];
    const sessions = await Promise.all(
      results.map(async ({ accessToken }) => (await identity.viewerOf(accessToken)).sessionId),
    );
    expect(new Set(sessions).size).toBe(2);
    expect(await identity.count('session where account_id = $1', [accountId])).toBe(3);
  });

  test('the first turns NEW into ACTIVE and is recorded as the first; no other is', async () => {
    const { username, accountId } = await identity.signUp();
    granted(await identity.signIn(username));
    expect((await identity.accountOf(accountId))?.status).toBe('ACTIVE');
    granted(await identity.signIn(username));
    expect(await identity.recordedOf(accountId)).toEqual([
      { action: 'user.signed_up', detail: {} },
      { action: 'user.signed_in', detail: { first: true, ...device } },
      { action: 'user.signed_in', detail: { first: false, ...device } },
    ]);
  });

  test('50 first ones at once: one is the first, and all are signed in', async () => {
    const { username, accountId } = await identity.signUp();
    // A busy machine refuses some for lack of time.
    const results = await Promise.all(
      Array.from({ length: 50 }, () => eventually(() => identity.signIn(username))),
    );
    for (const result of results) granted(result);
    const recorded = (await identity.recordedOf(accountId)).filter(
      ({ action }) => action === 'user.signed_in',
    );
    expect(recorded).toHaveLength(50);
    expect(recorded.filter(({ detail }) => 'first' in detail && detail.first === true)).toHaveLength(1);
    expect(await identity.count('session where account_id = $1', [accountId])).toBe(51);
  });

  test('unknown, wrong, suspended, deleted and passwordless are refused alike, and nothing is written', async () => {
    const known = await identity.signUp();
    const suspended = await identity.signUp();
    await identity.rows(`update account set status = 'SUSPENDED' where id = $1`, [suspended.accountId]);
    const deleted = await identity.signUp();
    await identity.rows('update account set deleted_at = now(), email = null where id = $1', [
      deleted.accountId,
    ]);
    const passwordless = await identity.signUp();
    await identity.rows('update account set password_hash = null where id = $1', [passwordless.accountId]);
    const before = await identity.count('session', []);

    const results = [
      await identity.signIn(newName()),
      await identity.signIn(`${newName()}@example.com`),
      await identity.signIn(known.username, 'plum violin harbours'),
      await identity.signIn(known.username, ''),
      await identity.signIn(known.username, `${password} `),
      await identity.signIn(suspended.username),
      await identity.signIn(deleted.username),
      await identity.signIn(passwordless.username),
      await identity.signIn(''),
      await identity.signIn('\0'),
      await identity.signIn(`${known.username}\0`),
      await identity.signIn('%'),
      await identity.signIn('\ud800'),
      await identity.signIn('x'.repeat(100_000), 'y'.repeat(100_000)),
    ];
    const [first] = results;
    expect(refused(first)).toEqual([['CREDENTIALS_INVALID', null]]);
    for (const result of results) expect(result).toEqual(first);
    expect(await identity.count('session', [])).toBe(before);
    expect((await identity.accountOf(known.accountId))?.status).toBe('NEW');
    for (const { accountId } of [known, suspended, deleted])
      expect(await identity.recordedOf(accountId)).toHaveLength(1);
  });

  test('asks the database and the hash once for each guess, known or not', async () => {
    const { username } = await identity.signUp();
    const suspended = await identity.signUp();
    await identity.rows(`update account set status = 'SUSPENDED' where id = $1`, [suspended.accountId]);
    const work = async (login: string, given = 'wrong') => {
      const asked: string[] = [];
      const db: Db = {
        query(statement, values) {
          asked.push(statement.name);
          return identity.database.query(statement, values);
        },
      };
      const passwords = new Passwords();
      const verify = vi.spyOn(passwords, 'verify');
      const throttle = new Throttle({
        own: new InProcessGuesses(guessLimits),
        log: pino({ level: 'silent' }),
      });
      const noteFailure = async () => undefined;
      const credentials = new Credentials({ database: db, passwords, throttle, noteFailure });
      expect(await credentials.prove(login, given, device)).toBeNull();
      return [...asked, `${verify.mock.calls.length} verified`];
    };
    expect(await work(username)).toEqual(['credentials.by_login', '1 verified']);
    expect(await work(newName())).toEqual(await work(username));
    expect(await work('\0')).toEqual(await work(username));
    expect(await work(suspended.username, password)).toEqual(await work(username));
  });

  test.each([
    ['was suspended', `status = 'SUSPENDED'`],
    ['was deleted', 'deleted_at = now(), email = null'],
    ['changed its password', `password_hash = 'another'`],
  ])('an account that %s after its password was checked is not signed in', async (_, change) => {
    const { username, accountId } = await identity.signUp();
    const verify = identity.passwords.verify.bind(identity.passwords);
    using _spy = vi.spyOn(identity.passwords, 'verify').mockImplementation(async (stored, given) => {
      const matches = await verify(stored, given);
      await identity.rows(`update account set ${change} where id = $1`, [accountId]);
      return matches;
    });
    expect(refused(await identity.signIn(username))).toEqual([['CREDENTIALS_INVALID', null]]);
    expect(await identity.recordedOf(accountId)).toHaveLength(1);
    expect(await identity.count('session where account_id = $1', [accountId])).toBe(1);
  });
});

const changePassword = statement(
  'test_change_password',
  `update account set password_hash = 'another' where id = $1`,
);

describe('signIn beside a change of the password', () => {
  test.each([
    ['NEW', async () => undefined],
    ['ACTIVE', async (username: string) => void granted(await identity.signIn(username))],
  ])('waits for it, and is refused: a session cannot slip past it (%s)', async (_, prepare) => {
    const { username, accountId } = await identity.signUp();
    await prepare(username);
    const before = await identity.count('session where account_id = $1', [accountId]);
    let waiting: ReturnType<typeof identity.signIn> | undefined;
    await transaction(identity.database, async (tx) => {
      await tx.query(changePassword, [accountId]);
      waiting = identity.signIn(username);
      await identity.untilSomeoneWaits();
    });
    expect(refused(await waiting)).toEqual([['CREDENTIALS_INVALID', null]]);
    expect(await identity.count('session where account_id = $1', [accountId])).toBe(before);
  });
});

describe('signOut', () => {
  test('ends the present session and no other', async () => {
    const { username } = await identity.signUp();
    const [here, elsewhere] = [
      granted(await identity.signIn(username)),
      granted(await identity.signIn(username)),
    ];
    await identity.sessions.signOut(await identity.viewerOf(here.accessToken), device);
    await expect(identity.viewerOf(here.accessToken)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(refused(await identity.refresh(here.refreshToken))).toEqual([
      ['TOKEN_INVALID', 'input.refreshToken'],
    ]);
    await identity.viewerOf(elsewhere.accessToken);
    granted(await identity.refresh(elsewhere.refreshToken));
  });
});
