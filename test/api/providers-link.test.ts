import { describe, expect, test } from 'vitest';
import {
  DeleteAccountDocument,
  IdentitiesDocument,
  LinkProviderDocument,
  NotificationsDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { Browser } from '../kit/browser.ts';
import type { Holder } from '../kit/openid.ts';
import type { Person } from '../kit/seed.ts';
import { answerAt, answerTo, madeBySignIn, page, signedIn, startWithProvider } from './providers.ts';

const { app, openId } = await startWithProvider();
const { site, seed } = app;

const denied = { error: 'access_denied' };

/** Where somebody sets out to link the provider. */
async function linkOf({ client }: Pick<Person, 'client'>, returnTo = page): Promise<string> {
  const { authorizationUrl } = await client.mutate(LinkProviderDocument, {
    input: { provider: 'google', returnTo },
  });
  return authorizationUrl;
}

async function link(person: Pick<Person, 'client'>, holder: Holder): Promise<Record<string, string>> {
  return answerAt(await new Browser(holder).through(await linkOf(person)));
}

const identitiesOf = async ({ client }: Pick<Person, 'client'>) =>
  (await client.run(IdentitiesDocument)).viewer?.identities.map(({ provider }) => provider);

/** Does what is to be refused, and looks that nobody was linked to anything, or signed in. */
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
    // Neither of the same address, nor of one that anybody has verified.
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
    const { client } = await seed.user();
    const refused = (input: { provider: string; returnTo?: string }) =>
      linkingNothing(() => client.refused(LinkProviderDocument, { input }));
    for (const provider of ['', 'github', 'Google', 'google ', '__proto__', 'constructor'])
      expect(await refused({ provider })).toEqual([['INVALID', 'input.provider']]);
    for (const returnTo of [
      'https://evil.example',
      'https://app.example.com@evil.example',
      'http://app.example.com',
    ])
      expect(await refused({ provider: 'google', returnTo })).toEqual([['INVALID', 'input.returnTo']]);
    await link({ client }, openId.holder());
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
