import { describe, expect, test } from 'vitest';
import {
  DeleteAccountDocument,
  IdentitiesDocument,
  IdentitiesOfAccountsDocument,
  SignInWithCodeDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Browser } from '../kit/browser.ts';
import { statements } from '../kit/statements.ts';
import { present, unique } from '../kit/unique.ts';
import { answerAt, answerTo, madeBySignIn, signedIn, startOf, startWithProvider } from './providers.ts';

const { app, openId } = await startWithProvider();
const { site, seed, client } = app;

const count = async (what: string, ...values: unknown[]) =>
  Number((await site.sql<{ count: string }>(`select count(*) from ${what}`, ...values))[0]?.count);
const eventsOf = async (email: unknown) =>
  (
    await site.sql<{ type: string; data: object }>(
      `select event_type as type, data from recorded_event e join account a on a.id = e.account_id
      where a.email = $1 and event_type <> 'user.active' order by e.id`,
      email,
    )
  ).map(({ type, data }) => [type, 'first' in data ? data.first : null]);

describe('somebody new', () => {
  test('gets an account of what the provider says, and is signed in with the code', async () => {
    const holder = openId.holder({
      name: '  Ada\u0007 Lovelace ',
      picture: 'https://pictures.example/ada.png',
      zoneinfo: 'Europe/London',
      preferred_username: unique('Ada'),
    });
    const browser = new Browser(holder);
    const toProvider = await browser.next(startOf(app));
    expect(toProvider.origin).toBe(openId.issuer);
    expect(Object.fromEntries(toProvider.searchParams)).toMatchObject({
      client_id: 'questline',
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: `${app.url}/auth/google/callback`,
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(toProvider.searchParams.has('prompt')).toBe(false);
    const end = await browser.next(await browser.next(toProvider));
    expect(end.href.replace(/code=[\w-]{43}/, 'code=…')).toBe(
      'https://app.example.com/welcome?tab=1&code=…#top',
    );

    const payload = await client.mutate(SignInWithCodeDocument, {
      input: { code: answerAt(end).code ?? '' },
    });
    expect(payload.account.status).toBe('ACTIVE');
    const { viewer } = await client.as(payload).run(ViewerDocument);
    expect(viewer).toMatchObject({
      email: holder.claims.email,
      role: 'USER',
      timeZone: 'Europe/London',
      user: {
        username: String(holder.claims.preferred_username).toLowerCase(),
        displayName: 'Ada Lovelace',
        avatarUrl: 'https://pictures.example/ada.png',
      },
    });
    expect(await eventsOf(holder.claims.email)).toEqual([
      ['user.signed_up', null],
      ['user.signed_in', true],
    ]);
    expect((await client.as(payload).run(IdentitiesDocument)).viewer?.identities).toEqual([
      { provider: 'google', linkedAt: expect.any(String) },
    ]);
  });

  test('comes to the same account the next time, whatever has become of the address', async () => {
    const holder = openId.holder();
    const first = await signedIn(app, await answerTo(app, holder));
    const email = holder.claims.email;
    Object.assign(holder.claims, { email: `${unique('other')}@example.com`, email_verified: false });
    const second = await signedIn(app, await answerTo(app, holder));
    expect(second.account.id).toBe(first.account.id);
    expect(await eventsOf(email)).toEqual([
      ['user.signed_up', null],
      ['user.signed_in', true],
      ['user.signed_in', false],
    ]);
  });

  test('gets another username where that one is taken, by somebody or by whom it was', async () => {
    const taken = (await seed.user()).username;
    const retired = unique('gone');
    await site.sql(`insert into retired_username values ($1, now() + interval '1 day')`, retired);
    for (const name of [taken, retired]) {
      const { account } = await signedIn(
        app,
        await answerTo(app, openId.holder({ preferred_username: name })),
      );
      expect(account.user.username).toMatch(new RegExp(`^${name}\\d{4}$`));
    }
  });

  test('whose address the provider tells only when it is asked', async () => {
    const holder = openId.holder();
    const { email, email_verified, ...claims } = holder.claims;
    const silent = openId.holder(claims);
    Object.assign(silent.claims, { email: undefined, email_verified: undefined });
    openId.service.once('beforeUserinfo', (answer: { body: object }) => {
      answer.body = { sub: claims.sub, email, email_verified };
    });
    const { client } = await signedIn(app, await answerTo(app, silent));
    expect((await client.run(ViewerDocument)).viewer?.email).toBe(email);
  });

  test('50 times at once: one account', async () => {
    const holder = openId.holder();
    const callbacks = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const browser = new Browser(holder);
        return { browser, callback: await browser.toCallback(startOf(app)) };
      }),
    );
    const ends = await Promise.all(callbacks.map(({ browser, callback }) => browser.next(callback)));
    for (const end of ends) expect(answerAt(end)).toEqual({ code: expect.any(String) });
    expect(await count('account where email = $1', holder.claims.email)).toBe(1);
    expect(await count('identity where subject = $1', holder.claims.sub)).toBe(1);
    expect(await eventsOf(holder.claims.email)).toEqual([['user.signed_up', null]]);
  });

  test('20 times at once, with an address that changes: one account', async () => {
    const holder = openId.holder();
    holder.onToken = ({ payload }) => Object.assign(payload, { email: `${unique('new')}@example.com` });
    const accounts = await count('account');
    const answers = await Promise.all(Array.from({ length: 20 }, () => answerTo(app, holder)));
    for (const answer of answers) expect(answer).toEqual({ code: expect.any(String) });
    expect(await count('account')).toBe(accounts + 1);
  });

  test('several at once with one address: one account, and the others are told of it', async () => {
    const email = `${unique('shared')}@example.com`;
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => answerTo(app, openId.holder({ email }))),
    );
    expect(answers.filter(({ code }) => code !== undefined)).toHaveLength(1);
    expect(answers.filter(({ error }) => error === 'account_exists')).toHaveLength(9);
    expect(await count('identity i join account a on a.id = i.account_id where a.email = $1', email)).toBe(1);
  });
});

describe('the way back', () => {
  test('works for two tabs of one browser, in any order', async () => {
    const browser = new Browser(openId.holder());
    const one = await browser.toCallback(startOf(app));
    const two = await browser.toCallback(startOf(app));
    expect(browser.cookies.size).toBe(1);
    expect(answerAt(await browser.next(two))).toEqual({ code: expect.any(String) });
    expect(answerAt(await browser.next(one))).toEqual({ code: expect.any(String) });
  });

  test('may lead through another process of the same installation', async () => {
    const settings = { ...openId.variables, PUBLIC_URL: 'https://questline.example' };
    const [one, other] = [await startApp(settings, site), await startApp(settings, site)];
    const browser = new Browser(openId.holder());
    const callback = await browser.toCallback(`${one.url}/auth/google`);
    expect(callback.origin).toBe('https://questline.example');
    const end = await browser.next(other.url + callback.pathname + callback.search);
    expect(await signedIn(one, answerAt(end))).toMatchObject({ account: { status: 'ACTIVE' } });
  });

  test('leads to this server where no page is named', async () => {
    const end = await new Browser(openId.holder()).through(`${app.url}/auth/google`);
    expect(end.href.replace(/=.*/, '')).toBe(`${app.url}/?code`);
  });

  test('replaces an answer that stood in the page before, and keeps the rest', async () => {
    const returnTo = 'https://app.example.com/?code=old&error=old&a=1&code=older&b=%26';
    const end = await new Browser(openId.holder()).through(startOf(app, returnTo));
    expect(end.href.replace(/[\w-]{43}/, '…')).toBe('https://app.example.com/?a=1&b=%26&code=…');
  });

  test('is kept by nobody, and told to nobody', async () => {
    const browser = new Browser(openId.holder());
    const start = await browser.get(startOf(app));
    const callback = await browser.get(await browser.next(present(start.headers.get('location'))));
    for (const { status, headers } of [start, callback]) {
      expect(status).toBe(303);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
    expect(start.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^questline_browser=[\w-]{43}; Max-Age=600; Path=\/auth; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    const rows = await site.contents('sign_in_flow', 'one_time_code');
    const [{ value = '' } = {}] = browser.cookies.values();
    const secrets = [value, answerAt(new URL(present(callback.headers.get('location')))).code ?? ''];
    for (const secret of secrets) expect(rows).not.toContain(secret);
  });

  test('has a safer cookie, and the address that the world knows, where that has TLS', async () => {
    const PUBLIC_URL = 'https://api.example.com/questline';
    const elsewhere = await startApp({ ...openId.variables, PUBLIC_URL });
    const start = await new Browser(openId.holder()).get(`${elsewhere.url}/auth/google`);
    const to = new URL(present(start.headers.get('location')));
    expect(to.searchParams.get('redirect_uri')).toBe(`${PUBLIC_URL}/auth/google/callback`);
    expect(start.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Secure-questline_browser=.+; Path=\/questline\/auth; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
  });

  test('forgets, with each flow and each code, some that have expired', async () => {
    await answerTo(app, openId.holder());
    await new Browser(openId.holder()).next(startOf(app));
    const long = `expires_at = now() - interval '1 hour'`;
    await site.sql(`update sign_in_flow set ${long}`);
    await site.sql(`update one_time_code set ${long}`);
    await answerTo(app, openId.holder());
    expect(await count('sign_in_flow')).toBe(0);
    expect(await count('one_time_code')).toBe(1);
  });
});

describe('signInWithCode', () => {
  const refusedWith = (code = '') => client.refused(SignInWithCodeDocument, { input: { code } });

  test('takes a code once: of 50 at once, one begins a session', async () => {
    const { code = '' } = await answerTo(app, openId.holder());
    const before = await count('session');
    const answers = await Promise.all(Array.from({ length: 50 }, () => refusedWith(code)));
    expect(answers.filter((errors) => errors.length === 0)).toHaveLength(1);
    expect(answers.filter((errors) => errors.length > 0)[0]).toEqual([['TOKEN_INVALID', 'input.code']]);
    expect(await count('session')).toBe(before + 1);
  });

  test('refuses what is no code, or none any more, or one to link with', async () => {
    const { code = '' } = await answerTo(app, openId.holder());
    const [late] = await site.sql<{ seconds: number }>(
      `select extract(epoch from max(expires_at) - now())::float as seconds from one_time_code`,
    );
    expect(late?.seconds).toBeGreaterThan(50);
    expect(late?.seconds).toBeLessThanOrEqual(60);
    await site.sql('update one_time_code set expires_at = now()');
    await site.settled();
    const before = await site.contents(...madeBySignIn);
    for (const given of [code, '', '\0', 'x'.repeat(10_000), `${code} `, code.toLowerCase()])
      expect(await refusedWith(given)).toEqual([['TOKEN_INVALID', 'input.code']]);
    expect(await site.contents(...madeBySignIn)).toBe(before);
    await site.sql(`update one_time_code set purpose = 'LINK', expires_at = now() + interval '1 minute'`);
    expect(await refusedWith(code)).toEqual([['TOKEN_INVALID', 'input.code']]);
  });

  test('is told the same of a suspended account, and the provider brings nobody to it', async () => {
    const holder = openId.holder();
    const { account } = await signedIn(app, await answerTo(app, holder));
    const { code } = await answerTo(app, holder);
    const boss = await seed.boss();
    const suspend = { userId: account.user.id, suspended: true };
    await boss.client.mutate(SuspendAccountDocument, { input: suspend });
    await site.settled();
    const before = await site.contents('account', 'identity', 'session');
    expect(await refusedWith(code)).toEqual([['CREDENTIALS_INVALID', null]]);
    expect(await refusedWith(code)).toEqual([['TOKEN_INVALID', 'input.code']]);
    expect(await answerTo(app, holder)).toEqual({ error: 'access_denied' });
    expect(await site.contents('account', 'identity', 'session')).toBe(before);
  });

  test('a deleted account is forgotten: its codes are void, and its identity is that of somebody new', async () => {
    const holder = openId.holder();
    const first = await signedIn(app, await answerTo(app, holder));
    const { code } = await answerTo(app, holder);
    await first.client.mutate(DeleteAccountDocument, { input: {} });
    expect(await refusedWith(code)).toEqual([['TOKEN_INVALID', 'input.code']]);
    const second = await signedIn(app, await answerTo(app, holder));
    expect(second.account.id).not.toBe(first.account.id);
  });
});

test('the identities of many accounts are read at once', async () => {
  const holder = openId.holder();
  const { account } = await signedIn(app, await answerTo(app, holder));
  await seed.user();
  const boss = await seed.boss();
  await site.settled();
  const sent = await statements(app, async () => {
    const { nodes } = (await boss.client.run(IdentitiesOfAccountsDocument)).accounts;
    const own = nodes.find(({ user }) => user.id === account.user.id);
    expect(own?.identities).toEqual([{ provider: 'google' }]);
    expect(nodes.length).toBeGreaterThan(2);
  });
  expect(sent['identity.of_account']).toBe(1);
});

test('what happened stands in the audit record, without an address or a code', async () => {
  const holder = openId.holder();
  await signedIn(app, await answerTo(app, holder));
  await answerTo(app, openId.holder({ email: holder.claims.email }));
  const rows = await site.sql<{ action: string; detail: object }>(
    `select action, detail from audit_event e join account a on a.id = e.subject_id where a.email = $1 order by e.id`,
    holder.claims.email,
  );
  expect(rows).toEqual([
    { action: 'account.created', detail: { role: 'USER' } },
    { action: 'identity.linked', detail: { provider: 'google' } },
    { action: 'session.started', detail: { first: true } },
    { action: 'identity.refused', detail: { provider: 'google', reason: 'account_exists' } },
  ]);
});
