import { describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  ChangePasswordDocument,
  DeleteAccountDocument,
  LinkProviderDocument,
  NotificationsDocument,
  RefreshSessionDocument,
  SignInDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { Browser } from '../kit/browser.ts';
import type { Person } from '../kit/seed.ts';
import { overtaken } from './overtaken.ts';
import {
  answerAt,
  answerTo,
  identitiesOf,
  link,
  linkOf,
  madeBySignIn,
  signedIn,
  startWithProvider,
} from './providers.ts';

const { app, openId } = await startWithProvider();
const { site, seed } = app;

const denied = { error: 'access_denied' };

/** Runs what must be refused, and checks that it linked nothing and signed nobody in. */
async function linkingNothing(work: () => Promise<unknown>): Promise<unknown> {
  await site.settled();
  const before = await site.contents(...madeBySignIn);
  const result = await work();
  expect(await site.contents(...madeBySignIn)).toBe(before);
  return result;
}

describe('linkProvider', () => {
  test('leads to the provider, which asks again; from then on it signs the account in', async () => {
    const person = await seed.user();
    expect(await identitiesOf(person)).toEqual([]);
    // Linking needs neither the same address nor a verified one.
    const holder = openId.holder({ email_verified: false });
    const browser = new Browser(holder);
    const start = await linkOf(person);
    expect(start).toMatch(new RegExp(`^${app.url}/auth/google\\?link=[\\w-]{43}$`));
    const toProvider = await browser.next(start);
    expect(toProvider.searchParams.get('prompt')).toBe('consent select_account');
    const end = await browser.next(await browser.next(toProvider));
    expect(end.origin).toBe('https://app.example.com');

    const { account } = await signedIn(app, answerAt(end));
    expect(account.user.id).toBe(person.id);
    expect(await identitiesOf(person)).toEqual(['google']);
    expect((await signedIn(app, await answerTo(app, holder))).account.user.id).toBe(person.id);
    const told = (await person.client.run(NotificationsDocument)).viewer?.notifications.nodes;
    expect(told?.map(({ kind, title }) => [kind, title])).toContainEqual([
      'SYSTEM',
      'Google was linked to your account',
    ]);
    expect((await person.client.run(ViewerDocument)).viewer?.email).toBe(person.email);
    const audited = `select detail from audit_event e join account a on a.id = e.subject_id
      where a.email = $1 and action = 'identity.linked'`;
    expect(await site.sql(audited, person.email)).toEqual([{ detail: { provider: 'google' } }]);
  });

  test('is refused for a provider and for a page that there is not, and where one is linked', async () => {
    const person = await seed.user();
    const { client, password: currentPassword } = person;
    const refused = (input: { provider: string; returnTo?: string }) =>
      linkingNothing(() => client.refused(LinkProviderDocument, { input: { ...input, currentPassword } }));
    for (const provider of ['', 'github', 'Google', 'google ', '__proto__', 'constructor'])
      expect(await refused({ provider })).toEqual([['INVALID', 'input.provider']]);
    for (const returnTo of [
      'https://evil.example',
      'https://app.example.com@evil.example',
      'http://app.example.com',
    ])
      expect(await refused({ provider: 'google', returnTo })).toEqual([['INVALID', 'input.returnTo']]);
    await link(person, openId.holder());
    expect(await refused({ provider: 'google' })).toEqual([['TAKEN', 'input.provider']]);
  });

  test('gives an address that is good once, for five minutes, and no code to sign in with', async () => {
    const person = await seed.user();
    const statusOf = async (url: string) => (await new Browser(openId.holder()).get(url)).status;
    const used = await linkOf(person);
    const statuses = await Promise.all(Array.from({ length: 50 }, () => statusOf(used)));
    expect(statuses.filter((status) => status === 303)).toHaveLength(1);
    expect(statuses.filter((status) => status === 400)).toHaveLength(49);

    const expired = await linkOf(person);
    const [code] = await site.sql<{ seconds: number }>(
      `select extract(epoch from max(expires_at) - now())::float as seconds from one_time_code`,
    );
    expect(code?.seconds).toBeGreaterThan(290);
    expect(code?.seconds).toBeLessThanOrEqual(300);
    await site.sql('update one_time_code set expires_at = now()');
    expect(await statusOf(expired)).toBe(400);

    const elsewhere = await linkOf(person);
    await site.sql(`update one_time_code set provider = 'another'`);
    expect(await statusOf(elsewhere)).toBe(400);

    const { code: toSignIn = '' } = await answerTo(app, openId.holder());
    expect(await statusOf(`${app.url}/auth/google?link=${toSignIn}`)).toBe(400);
  });
});

describe('who wants to link has to show who they are', () => {
  const ask = ({ client }: Pick<Person, 'client'>, given: { currentPassword?: string | null } = {}) =>
    client.refused(LinkProviderDocument, { input: { provider: 'google', ...given } });
  const wrong = [['CREDENTIALS_INVALID', 'input.currentPassword']];
  const stale = [['CREDENTIALS_INVALID', null]];
  const grow = (accountId: string, age: string) =>
    site.sql('update session set created_at = now() - $1::interval where account_id = $2', age, accountId);

  test('by the password, if the account has one, however young the session', async () => {
    const person = await seed.user();
    const given = [{}, { currentPassword: null }, { currentPassword: '' }, { currentPassword: 'not theirs' }];
    for (const proof of given) expect(await linkingNothing(() => ask(person, proof))).toEqual(wrong);
    await grow(parseId(person.accountId).uuid, '29 days');
    expect(await ask(person, { currentPassword: person.password })).toEqual([]);
  });

  test('wrong ones count as guesses, with those of the sign-in', async () => {
    const person = await seed.user();
    for (let tried = 0; tried < 6; tried++)
      expect(await ask(person, { currentPassword: 'not theirs' })).toEqual(wrong);
    const input = { login: person.email, password: 'not theirs' };
    for (let tried = 0; tried < 4; tried++) await app.client.run(SignInDocument, { input });
    const right = { input: { provider: 'google', currentPassword: person.password } };
    expect(await linkingNothing(() => person.client.fails(LinkProviderDocument, right))).toEqual([
      'RATE_LIMITED',
    ]);
    // No password was guessed.
    expect(await ask(person)).toEqual(wrong);
  });

  test('without a password, by a session younger than 10 minutes, refreshed or not', async () => {
    const { account, client, refreshToken } = await signedIn(app, await answerTo(app, openId.holder()));
    const { uuid } = parseId(account.id);
    await site.sql('delete from identity where account_id = $1', uuid);
    const refreshed = app.client.as(
      await app.client.mutate(RefreshSessionDocument, { input: { refreshToken } }),
    );
    for (const who of [client, refreshed]) {
      await grow(uuid, '9 minutes 50 seconds');
      expect(await ask({ client: who })).toEqual([]);
      await grow(uuid, '10 minutes');
      for (const given of [{}, { currentPassword: 'whatever' }])
        expect(await linkingNothing(() => ask({ client: who }, given))).toEqual(stale);
    }
  });

  test('by a password that stands until the link is asked for', async () => {
    const person = await seed.user();
    const answers = await overtaken(
      site,
      [`update account set password_hash = 'another' where username = $1`, person.username],
      () => ask(person, { currentPassword: person.password }),
    );
    expect(answers).toEqual([wrong]);
  });
});

describe('the way back of a link', () => {
  test('with an identity that another account has: told, and it stays where it is', async () => {
    const holder = openId.holder();
    const owner = await signedIn(app, await answerTo(app, holder));
    const person = await seed.user();
    expect(await linkingNothing(() => link(person, holder))).toEqual({ error: 'account_exists' });
    expect(await identitiesOf(person)).toEqual([]);
    expect((await signedIn(app, await answerTo(app, holder))).account.id).toBe(owner.account.id);
  });

  test('with one that the account has by now: it is the same again', async () => {
    const person = await seed.user();
    const holder = openId.holder();
    const [one, two] = [await linkOf(person), await linkOf(person)];
    const [first, second] = [new Browser(holder), new Browser(holder)];
    const callbacks = [await first.toCallback(one), await second.toCallback(two)];
    for (const [at, browser] of [first, second].entries())
      expect(answerAt(await browser.next(callbacks[at] ?? ''))).toEqual({ code: expect.any(String) });
    expect(await identitiesOf(person)).toEqual(['google']);
  });

  test('of several identities at once: the account has one of them', async () => {
    const person = await seed.user();
    const ways = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const browser = new Browser(openId.holder());
        return { browser, callback: await browser.toCallback(await linkOf(person)) };
      }),
    );
    const answers = await Promise.all(
      ways.map(async ({ browser, callback }) => answerAt(await browser.next(callback))),
    );
    expect(answers.filter(({ code }) => code !== undefined)).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'access_denied')).toHaveLength(19);
    expect(await identitiesOf(person)).toEqual(['google']);
  });

  test('of one identity to several accounts at once: one of them has it', async () => {
    const holder = openId.holder();
    const ways = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const person = await seed.user();
        const browser = new Browser(holder);
        return { person, browser, callback: await browser.toCallback(await linkOf(person)) };
      }),
    );
    const answers = await Promise.all(
      ways.map(async ({ browser, callback }) => answerAt(await browser.next(callback))),
    );
    expect(answers.filter(({ code }) => code !== undefined)).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'account_exists')).toHaveLength(19);
  });

  const ends: [string, (person: Person) => Promise<unknown>][] = [
    [
      'the password was changed, by the very session that asked for it',
      ({ client, password }) =>
        client.mutate(ChangePasswordDocument, {
          input: { currentPassword: password, newPassword: 'seven quiet lanterns' },
        }),
    ],
    [
      'the session that asked for it was ended',
      async ({ username }) =>
        site.sql(
          `update session set ended_at = now() where account_id = (select id from account where username = $1)`,
          username,
        ),
    ],
    [
      'the session that asked for it expired',
      async ({ username }) =>
        site.sql(
          `update session set expires_at = now() where account_id = (select id from account where username = $1)`,
          username,
        ),
    ],
    [
      'the account was suspended, by whatever way',
      async ({ username }) =>
        site.sql(`update account set status = 'SUSPENDED' where username = $1`, username),
    ],
    [
      'an admin suspended the account',
      async ({ id }) =>
        (await seed.boss()).client.mutate(SuspendAccountDocument, { input: { userId: id, suspended: true } }),
    ],
  ];
  test.each(ends)('after %s: denied', async (_, end) => {
    const person = await seed.user();
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(await linkOf(person));
    await end(person);
    expect(await linkingNothing(async () => answerAt(await browser.next(callback)))).toEqual(denied);
  });

  test('after the account was deleted: nobody waits for it', async () => {
    const person = await seed.user();
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(await linkOf(person));
    await person.client.mutate(DeleteAccountDocument, { input: { password: person.password } });
    const status = await linkingNothing(async () => (await browser.get(callback)).status);
    expect(status).toBe(400);
  });

  test('after its session ended, while another of the account lives: denied', async () => {
    const person = await seed.user();
    const [stays, goes] = [await seed.signIn(person), await seed.signIn(person)];
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(await linkOf(goes));
    await site.sql(
      `update session set ended_at = now() where id = (select id from session where account_id =
        (select id from account where username = $1) order by id desc limit 1)`,
      person.username,
    );
    expect(await linkingNothing(async () => answerAt(await browser.next(callback)))).toEqual(denied);
    expect(await identitiesOf(stays)).toEqual([]);
  });

  test('in another browser than the one that set out: denied', async () => {
    const person = await seed.user();
    const callback = await new Browser(openId.holder()).toCallback(await linkOf(person));
    const other = new Browser(openId.holder());
    expect(await linkingNothing(async () => answerAt(await other.next(callback)))).toEqual(denied);
  });
});
