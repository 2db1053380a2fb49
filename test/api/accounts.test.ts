import { describe, expect, test } from 'vitest';
import {
  EventsDocument,
  SignInDocument,
  SignUpDocument,
  UpdateProfileDocument,
  UserDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { newcomer } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();

const signUpErrors = (given: Parameters<typeof newcomer>[0]) =>
  client.refused(SignUpDocument, { input: newcomer(given) });
const signInErrors = (login: string, password: string) =>
  client.refused(SignInDocument, { input: { login, password } });
const userNamed = async (username: string) => (await client.run(UserDocument, { username })).user;

/**
 * Types and data of the events recorded of a person, oldest first, without `user.active`, which is recorded some time
 * later.
 */
async function eventsOf(userId: string) {
  const admin = await seed.boss();
  const { events } = await admin.client.run(EventsDocument, { userId, first: 100 });
  const told = events.nodes.filter(({ eventType }) => eventType !== 'user.active');
  return told.map(({ eventType, data }) => [eventType, data]).reverse();
}

describe('signUp', () => {
  test('makes an account, NEW, and signs it in', async () => {
    const input = newcomer({ displayName: 'Ada', timeZone: 'Europe/Lisbon' });
    const payload = await client.mutate(SignUpDocument, { input });
    const { viewer } = await client.as(payload).run(ViewerDocument);
    expect(viewer).toEqual({
      id: payload.account.id,
      email: input.email,
      role: 'USER',
      status: 'NEW',
      timeZone: 'Europe/Lisbon',
      unreadNotificationCount: 0,
      user: {
        id: payload.account.user.id,
        username: input.username,
        displayName: 'Ada',
        avatarUrl: null,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    });
    expect(Date.parse(payload.accessTokenExpiresAt)).toBeGreaterThan(Date.now());
    expect(Date.parse(payload.refreshTokenExpiresAt)).toBeGreaterThan(
      Date.parse(payload.accessTokenExpiresAt),
    );
  });

  test('is no sign-in: it records user.signed_up alone', async () => {
    const { id } = await seed.user();
    expect(await eventsOf(id)).toEqual([['user.signed_up', {}]]);
  });

  test('takes UTC for the zone and the username for the name where neither is given', async () => {
    const { timeZone: _, ...input } = newcomer({});
    const { account } = await client.mutate(SignUpDocument, { input });
    expect(account.timeZone).toBe('UTC');
    expect((await userNamed(input.username))?.displayName).toBe(input.username);
  });

  test('trims text and brings it to NFC', async () => {
    const { username } = newcomer({});
    await client.mutate(SignUpDocument, {
      input: newcomer({ username: ` ${username} `, displayName: ' Rene\u0301 ' }),
    });
    expect(await userNamed(username)).toMatchObject({ username, displayName: 'Ren\u00e9' });
  });

  const x = (length: number) => 'x'.repeat(length);
  test.each([
    ['username', [x(2), x(31), '1abc', '_abc', 'a b', 'ab@c', 'añb', '', 'abc\u0000']],
    ['password', [x(9), x(129), 'password123', 'PASSWORD123', '']],
    ['displayName', ['', '  ', x(81), 'a\u0007b', 'a\nb', 'a\ud800']],
  ])('refuses a bad %s, and makes nothing', async (field, values) => {
    for (const value of values) {
      const input = newcomer({ [field]: value });
      expect([value, await client.refused(SignUpDocument, { input })]).toEqual([
        value,
        [['INVALID', `input.${field}`]],
      ]);
      expect(await signInErrors(input.email, input.password)).toEqual([['CREDENTIALS_INVALID', null]]);
    }
  });

  test.each([
    ['username', [unique('aB_.-').slice(0, 30), x(30), 'abc']],
    ['password', [unique('p'.repeat(116)), '  spaces around  ', '🦊🦊🦊🦊🦊🦊🦊🦊🦊🦊']],
    ['displayName', ['a', '🦊'.repeat(80)]],
  ])('takes a good %s', async (field, values) => {
    for (const value of values) expect(await signUpErrors({ [field]: value })).toEqual([]);
  });

  test('names all that is wrong at once', async () => {
    expect(await signUpErrors({ username: '', password: '', displayName: '' })).toEqual([
      ['INVALID', 'input.username'],
      ['INVALID', 'input.password'],
      ['INVALID', 'input.displayName'],
    ]);
  });

  test.each([
    ['email', ['ada', 'ada@', '@example.com', 'a b@example.com', `${x(64)}@${x(63)}.${x(63)}.${x(63)}.com`]],
    ['timeZone', ['Mars/Olympus', '', '+01:00', 'Europe']],
  ])('refuses a malformed %s', async (field, values) => {
    for (const value of values) {
      expect([value, await signUpErrors({ [field]: value })]).toEqual([
        value,
        [['INVALID', `input.${field}`]],
      ]);
    }
  });

  test('a username or email that somebody has in any case is TAKEN, both at once', async () => {
    const { username, email } = await seed.user();
    const taken = { username: username.toUpperCase(), email: email.toUpperCase() };
    expect(await signUpErrors({ username: taken.username })).toEqual([['TAKEN', 'input.username']]);
    expect(await signUpErrors({ email: taken.email })).toEqual([['TAKEN', 'input.email']]);
    expect(await signUpErrors(taken)).toEqual([
      ['TAKEN', 'input.email'],
      ['TAKEN', 'input.username'],
    ]);
  });
});

describe('signIn', () => {
  test('turns NEW into ACTIVE and records the first, then the later ones', async () => {
    const person = await seed.user();
    for (const first of [true, false, false]) {
      await seed.signIn(person);
      expect((await person.client.run(ViewerDocument)).viewer?.status).toBe('ACTIVE');
      expect((await eventsOf(person.id)).at(-1)).toEqual([
        'user.signed_in',
        { first, ipAddress: '127.0.0.1', userAgent: 'node' },
      ]);
    }
    expect(await eventsOf(person.id)).toHaveLength(4);
  });

  test('takes a username or an email, without case', async () => {
    const { username, email, password, accountId } = await seed.user();
    for (const login of [username, email, username.toUpperCase(), email.toUpperCase()]) {
      const { account } = await client.mutate(SignInDocument, { input: { login, password } });
      expect(account.id).toBe(accountId);
    }
  });

  test('50 first ones at once give one first', async () => {
    const person = await seed.user();
    await Promise.all(Array.from({ length: 50 }, () => seed.signIn(person)));
    const firsts = (await eventsOf(person.id)).filter(([, data]) =>
      JSON.stringify(data).includes('"first":true'),
    );
    expect(firsts).toHaveLength(1);
    expect(await eventsOf(person.id)).toHaveLength(51);
  });

  test('an unknown login, a wrong password and a suspended account get the same answer', async () => {
    const person = await seed.user();
    const suspended = await seed.user();
    await site.sql(`update account set status = 'SUSPENDED' where username = $1`, suspended.username);
    const before = await site.contents('session', 'recorded_event');
    const answers = await Promise.all(
      [
        { login: unique('nobody'), password: person.password },
        { login: person.username, password: `${person.password} ` },
        { login: person.email, password: '' },
        { login: '', password: person.password },
        { login: suspended.username, password: suspended.password },
      ].map(async (input) => (await client.ask(SignInDocument, { input })).body),
    );
    expect(answers[0]?.data?.signIn).toMatchObject({
      account: null,
      accessToken: null,
      refreshToken: null,
      userErrors: [{ code: 'CREDENTIALS_INVALID', field: null }],
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await site.contents('session', 'recorded_event')).toBe(before);
  });
});

describe('updateProfile', () => {
  test('changes what is given, and nothing else', async () => {
    const ada = await seed.user({ displayName: 'Ada' });
    const change = async (input: Parameters<typeof newcomer>[0] & { avatarUrl?: string | null }) => {
      const { account } = await ada.client.mutate(UpdateProfileDocument, { input });
      const { timeZone, user } = account;
      return [user.username, user.displayName, user.avatarUrl, timeZone];
    };
    const avatarUrl = 'https://example.com/ada.png';
    const username = unique('New');
    expect(await change({})).toEqual([ada.username, 'Ada', null, 'UTC']);
    expect(await change({ displayName: ' Ada L. ' })).toEqual([ada.username, 'Ada L.', null, 'UTC']);
    expect(await change({ avatarUrl })).toEqual([ada.username, 'Ada L.', avatarUrl, 'UTC']);
    expect(await change({ timeZone: 'Asia/Tokyo' })).toEqual([
      ada.username,
      'Ada L.',
      avatarUrl,
      'Asia/Tokyo',
    ]);
    expect(await change({ username })).toEqual([username, 'Ada L.', avatarUrl, 'Asia/Tokyo']);
    expect(await change({ avatarUrl: null })).toEqual([username, 'Ada L.', null, 'Asia/Tokyo']);
    expect(await userNamed(username.toLowerCase())).toMatchObject({ id: ada.id, displayName: 'Ada L.' });
    expect(await userNamed(ada.username)).toBeNull();
  });

  test('refuses null where nothing may be cleared, and what breaks a rule', async () => {
    const { client: ada } = await seed.user();
    const before = await ada.run(ViewerDocument);
    const all = ['displayName', 'username', 'timeZone'] as const;
    for (const field of all) {
      expect(await ada.refused(UpdateProfileDocument, { input: { [field]: null } })).toEqual([
        ['INVALID', `input.${field}`],
      ]);
    }
    const input = { displayName: ' ', username: 'no', avatarUrl: 'https://example.com/x.png' };
    expect(await ada.refused(UpdateProfileDocument, { input })).toEqual([
      ['INVALID', 'input.displayName'],
      ['INVALID', 'input.username'],
    ]);
    for (const avatarUrl of ['javascript:alert(1)', 'ada.png', '']) {
      expect(await ada.refused(UpdateProfileDocument, { input: { avatarUrl } })).toEqual([
        ['INVALID', 'input.avatarUrl'],
      ]);
    }
    expect(await ada.run(ViewerDocument)).toEqual(before);
  });

  test('another’s username is TAKEN in any case, one’s own is not', async () => {
    const [ada, bob] = await Promise.all([seed.user(), seed.user()]);
    const rename = (username: string) => ada.client.refused(UpdateProfileDocument, { input: { username } });
    expect(await rename(bob.username.toUpperCase())).toEqual([['TAKEN', 'input.username']]);
    expect((await userNamed(ada.username))?.username).toBe(ada.username);
    expect(await rename(ada.username.toUpperCase())).toEqual([]);
    expect(present(await userNamed(ada.username)).username).toBe(ada.username.toUpperCase());
  });

  test('of 20 people who want one name at once, one gets it', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, () => seed.user()));
    const username = unique('wanted');
    const results = await Promise.all(
      people.map(({ client: person }) => person.refused(UpdateProfileDocument, { input: { username } })),
    );
    expect(results.filter((errors) => errors.length === 0)).toHaveLength(1);
    expect(results.flat()).toEqual(Array.from({ length: 19 }, () => ['TAKEN', 'input.username']));
  });
});
