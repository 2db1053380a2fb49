import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../src/database/statement.ts';
import { transaction } from '../../src/database/transaction.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { createAccount, type SignUpFields } from '../../src/services/account.service.ts';
import { eventually } from '../kit/eventually.ts';
import { device, granted, type Identity, newName, newPerson, openIdentity, refused } from './identity.ts';

let identity: Identity;
beforeAll(async () => {
  identity = await openIdentity();
});
afterAll(() => identity.close());

const signUp = (fields: Partial<SignUpFields> = {}) => identity.accounts.signUp(newPerson(fields), device);
/** The number of accounts with this text in their username or email. */
const tracesOf = (name: string) =>
  identity.count('account where username ilike $1 or email ilike $1', [`%${name}%`]);

/** What a deletion does to a username. */
const retire = statement(
  'test_retire_username',
  `with gone as (update account set username = 'gone' || right(id::text, 12) where id = $1)
  insert into retired_username (username, free_at) values ($2, now() + interval '1 minute')`,
);

describe('signUp', () => {
  test('makes an account, NEW, with its wallet, and signs it in, which is no sign-in yet', async () => {
    const input = newPerson({ timeZone: 'Europe/Lisbon' });
    const result = granted(await identity.accounts.signUp(input, device));
    expect(await identity.accountOf(result.accountId)).toMatchObject({
      username: input.username,
      email: input.email,
      displayName: input.username,
      avatarUrl: null,
      role: 'USER',
      status: 'NEW',
      timeZone: 'Europe/Lisbon',
      passwordHash: expect.stringMatching(/^\$argon2id\$/),
    });
    expect(
      await identity.count('wallet where id = $1 and account_id = $1 and gold = 0 and diamond = 0', [
        result.accountId,
      ]),
    ).toBe(1);
    expect(await identity.viewerOf(result.accessToken)).toMatchObject({
      accountId: result.accountId,
      role: 'USER',
    });
    granted(await identity.refresh(result.refreshToken));
    expect(await identity.recordedOf(result.accountId)).toEqual([{ action: 'user.signed_up', detail: {} }]);
    expect(
      await identity.count('session where account_id = $1 and user_agent = $2 and ip_address = $3', [
        result.accountId,
        device.userAgent,
        device.ipAddress,
      ]),
    ).toBe(1);
  });

  test('takes a display name, trimmed; null is as good as none', async () => {
    const named = granted(await signUp({ displayName: '  Rene\u0301 ' }));
    expect((await identity.accountOf(named.accountId))?.displayName).toBe('Ren\u00e9');
    const username = newName();
    const unnamed = granted(await signUp({ username, displayName: null }));
    expect((await identity.accountOf(unnamed.accountId))?.displayName).toBe(username);
  });

  test.each([
    ['username', { username: '1abc' }],
    ['username', { username: 'deleted-abc' }],
    ['username', { username: ' DELETED-x' }],
    ['username', { username: 'Deleted-' }],
    ['password', { password: 'short' }],
    ['password', { password: 'x'.repeat(129) }],
    ['password', { password: 'password123' }],
    ['displayName', { displayName: ' ' }],
  ])('names what is wrong: %s of %j', async (field, wrong) => {
    const name = newName();
    expect(refused(await signUp({ email: `${name}@example.com`, ...wrong }))).toEqual([
      ['INVALID', `input.${field}`],
    ]);
    expect(await tracesOf(name)).toBe(0);
  });

  test('names all that is wrong at once', async () => {
    expect(refused(await signUp({ username: '', password: '', displayName: '\u0007' }))).toEqual([
      ['INVALID', 'input.username'],
      ['INVALID', 'input.password'],
      ['INVALID', 'input.displayName'],
    ]);
  });

  test('a name that someone has in any case is TAKEN, an email too, and both are said at once', async () => {
    const { email, username, accountId } = await identity.signUp();
    const [EMAIL, USERNAME] = [email.toUpperCase(), username.toUpperCase()];
    expect(refused(await signUp({ email: EMAIL }))).toEqual([['TAKEN', 'input.email']]);
    expect(refused(await signUp({ username: USERNAME }))).toEqual([['TAKEN', 'input.username']]);
    const both = refused(await signUp({ email: EMAIL, username: USERNAME }));
    expect(both).toEqual([
      ['TAKEN', 'input.email'],
      ['TAKEN', 'input.username'],
    ]);
    const other = await identity.signUp();
    expect(refused(await signUp({ email: other.email, username }))).toEqual(both);
    expect(await tracesOf(username)).toBe(1);
    expect(await identity.recordedOf(accountId)).toHaveLength(1);
  });

  test('a deleted person’s name is TAKEN until it is free', async () => {
    const username = newName();
    await identity.rows(`insert into retired_username values ($1, now() + interval '1 minute')`, [username]);
    expect(refused(await signUp({ username: username.toUpperCase() }))).toEqual([
      ['TAKEN', 'input.username'],
    ]);
    expect(await tracesOf(username)).toBe(0);
    await identity.rows(
      `update retired_username set free_at = now() - interval '1 second' where username = $1`,
      [username],
    );
    granted(await signUp({ username }));
  });

  test('50 at once with the same names make one account', async () => {
    const input = newPerson();
    const results = await Promise.all(
      Array.from({ length: 50 }, () => eventually(() => identity.accounts.signUp(input, device))),
    );
    const refusals = results.filter((result) => result instanceof Refusal);
    expect(refusals).toHaveLength(49);
    for (const refusal of refusals) {
      expect(refused(refusal)).toEqual([
        ['TAKEN', 'input.email'],
        ['TAKEN', 'input.username'],
      ]);
    }
    expect(await tracesOf(input.username)).toBe(1);
    expect(
      await identity.count('wallet w join account a on a.id = w.account_id where a.username = $1', [
        input.username,
      ]),
    ).toBe(1);
    expect(
      await identity.count('session s join account a on a.id = s.account_id where a.username = $1', [
        input.username,
      ]),
    ).toBe(1);
  });

  test('50 at once that share either name make one account for each email and username', async () => {
    const names = [newName(), newName(), newName()];
    const inputs = Array.from({ length: 50 }, (_, i) =>
      newPerson({ username: names[i % 3], email: `${names[(i >> 1) % 3]}@example.com` }),
    );
    const results = await Promise.all(
      inputs.map((input) => eventually(() => identity.accounts.signUp(input, device))),
    );
    const made = results.filter((result) => !(result instanceof Refusal)).length;
    expect(await identity.count('account where username = any($1)', [names])).toBe(made);
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(3);
  });

  test('a name that is retired while signUp waits for its owner’s deletion is TAKEN', async () => {
    const { username, accountId } = await identity.signUp();
    let waiting: Promise<unknown> | undefined;
    await transaction(identity.database, async (tx) => {
      await tx.query(retire, [accountId, username]);
      waiting = signUp({ username });
      await identity.untilSomeoneWaits();
    });
    expect(refused(await waiting)).toEqual([['TAKEN', 'input.username']]);
    expect(await identity.count('account where username = $1', [username])).toBe(0);
  });
});

describe('createAccount', () => {
  test('makes accounts of every role, with a wallet, NEW', async () => {
    for (const role of ['ADMIN', 'SERVICE'] as const) {
      const { email, username, timeZone } = newPerson();
      const account = {
        email,
        username,
        timeZone,
        displayName: 'Made',
        role,
        passwordHash: await identity.passwords.hash('password'),
      };
      const made = granted(await transaction(identity.database, (tx) => createAccount(tx, account)));
      expect(made.role).toBe(role);
      expect(await identity.accountOf(made.accountId)).toMatchObject({ role, status: 'NEW' });
      expect(await identity.count('wallet where account_id = $1', [made.accountId])).toBe(1);
      expect(
        (await identity.viewerOf(granted(await identity.signIn(username, 'password')).accessToken)).role,
      ).toBe(role);
      expect(refused(await transaction(identity.database, (tx) => createAccount(tx, account)))).toHaveLength(
        2,
      );
    }
  });
});
