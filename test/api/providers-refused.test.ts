import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { MutableToken } from 'oauth2-mock-server';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { Browser } from '../kit/browser.ts';
import { captureLog } from '../kit/log.ts';
import type { Holder } from '../kit/openid.ts';
import { present, unique } from '../kit/unique.ts';
import { answerAt, answerTo, madeBySignIn, startOf, startWithProvider } from './providers.ts';

const { app, openId } = await startWithProvider();
const { site, seed } = app;

const denied = { error: 'access_denied' };

/** Runs what must be refused, and checks that it created nothing. */
async function makingNothing<T>(work: () => Promise<T>): Promise<T> {
  await site.settled();
  const before = await site.contents(...madeBySignIn);
  const result = await work();
  await site.settled();
  expect(await site.contents(...madeBySignIn)).toBe(before);
  return result;
}

/** A browser that is about to return from the provider. */
async function onTheWayBack(holder = openId.holder()) {
  const browser = new Browser(holder);
  return { browser, callback: await browser.toCallback(startOf(app)) };
}

async function refusedAs(response: Response): Promise<unknown> {
  expect(response.headers.get('location')).toBeNull();
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { errors } = JSON.parse(await response.text());
  return [response.status, errors[0].extensions.code];
}
const badRequest = [400, 'BAD_REQUEST'];

describe('the state', () => {
  test.each<[string, (callback: URL) => void]>([
    ['missing', ({ searchParams }) => searchParams.delete('state')],
    ['empty', ({ searchParams }) => searchParams.set('state', '')],
    ['another', ({ searchParams }) => searchParams.set('state', 'A'.repeat(43))],
    ['NUL', ({ searchParams }) => searchParams.set('state', '\0')],
    ['twice the same', ({ searchParams }) => searchParams.append('state', searchParams.get('state') ?? '')],
    [
      'that of another spelling',
      ({ searchParams }) => searchParams.set('state', `${searchParams.get('state')}=`),
    ],
  ])('%s: nothing is made, and nobody is sent anywhere', async (_, change) => {
    const { browser, callback } = await onTheWayBack();
    change(callback);
    expect(await makingNothing(async () => refusedAs(await browser.get(callback)))).toEqual(badRequest);
  });

  test('is good once: of 50 at once, one comes through', async () => {
    const { browser, callback } = await onTheWayBack();
    const responses = await Promise.all(Array.from({ length: 50 }, () => browser.get(callback)));
    const through = responses.filter(({ status }) => status === 303);
    expect(through).toHaveLength(1);
    expect(answerAt(new URL(present(through[0]?.headers.get('location'))))).toEqual({
      code: expect.any(String),
    });
    for (const response of responses.filter(({ status }) => status !== 303))
      expect(await refusedAs(response)).toEqual(badRequest);
    expect(await makingNothing(async () => refusedAs(await browser.get(callback)))).toEqual(badRequest);
  });

  test('is good for ten minutes', async () => {
    const { browser, callback } = await onTheWayBack();
    const [flow] = await site.sql<{ seconds: number }>(
      'select extract(epoch from max(expires_at) - now())::float as seconds from sign_in_flow',
    );
    expect(flow?.seconds).toBeGreaterThan(590);
    expect(flow?.seconds).toBeLessThanOrEqual(600);
    await site.sql('update sign_in_flow set expires_at = now()');
    expect(await makingNothing(async () => refusedAs(await browser.get(callback)))).toEqual(badRequest);
  });

  test('of another provider is none', async () => {
    const { browser, callback } = await onTheWayBack();
    await site.sql(`update sign_in_flow set provider = 'another'`);
    expect(await makingNothing(async () => refusedAs(await browser.get(callback)))).toEqual(badRequest);
  });

  test('is not used up by a HEAD, as those send who only look', async () => {
    const { browser, callback } = await onTheWayBack();
    expect((await browser.get(callback, { method: 'HEAD' })).status).toBe(404);
    expect(answerAt(await browser.next(callback))).toEqual({ code: expect.any(String) });
  });
});

describe('the cookie', () => {
  test.each<[string, (browser: Browser) => void]>([
    ['missing', ({ cookies }) => cookies.clear()],
    [
      'of another browser',
      ({ cookies }) => cookies.set('questline_browser', { value: 'A'.repeat(43), path: '/' }),
    ],
    ['no secret of ours', ({ cookies }) => cookies.set('questline_browser', { value: 'x', path: '/' })],
  ])('%s: denied, and the state is used up', async (_, change) => {
    const { browser, callback } = await onTheWayBack();
    const kept = new Map(browser.cookies);
    change(browser);
    expect(await makingNothing(async () => answerAt(await browser.next(callback)))).toEqual(denied);
    for (const [name, cookie] of kept) browser.cookies.set(name, cookie);
    expect(await makingNothing(async () => refusedAs(await browser.get(callback)))).toEqual(badRequest);
  });

  test('that is none of ours is replaced, where a browser sets out with it', async () => {
    const browser = new Browser(openId.holder());
    browser.cookies.set('questline_browser', { value: 'chosen-by-somebody', path: '/' });
    expect(answerAt(await browser.through(startOf(app)))).toEqual({ code: expect.any(String) });
    expect(browser.cookies.get('questline_browser')?.value).toMatch(/^[\w-]{43}$/);
  });
});

const inThePast = () => Math.floor(Date.now() / 1_000) - 3_600;
const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

/** Replaces the provider's id token by another. */
function reSigned(holder: Holder, make: (header: object, payload: object) => string): void {
  holder.onAnswer = ({ body }) => {
    if (body === '') return;
    const [header = '', payload = ''] = String(body.id_token)
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString());
    body.id_token = make(JSON.parse(header), JSON.parse(payload));
  };
}

describe('what the provider gives', () => {
  const tokens: [string, (token: MutableToken) => void][] = [
    ['another nonce', ({ payload }) => Object.assign(payload, { nonce: 'A'.repeat(43) })],
    ['no nonce', ({ payload }) => delete payload.nonce],
    ['another audience', ({ payload }) => Object.assign(payload, { aud: 'another client' })],
    ['several audiences, without us', ({ payload }) => Object.assign(payload, { aud: ['a', 'b'] })],
    [
      'several audiences, and another party',
      ({ payload }) => Object.assign(payload, { aud: ['questline', 'b'], azp: 'b' }),
    ],
    ['another issuer', ({ payload }) => Object.assign(payload, { iss: 'https://accounts.google.com' })],
    ['a token that has expired', ({ payload }) => Object.assign(payload, { exp: inThePast() })],
    ['a token that is not good yet', ({ payload }) => Object.assign(payload, { nbf: Date.now() })],
    ['no subject', ({ payload }) => Object.assign(payload, { sub: undefined })],
    ['an empty subject', ({ payload }) => Object.assign(payload, { sub: '' })],
    ['a subject that is too long', ({ payload }) => Object.assign(payload, { sub: 'x'.repeat(256) })],
    ['a subject that no database keeps', ({ payload }) => Object.assign(payload, { sub: 'x\0' })],
    ['a subject that is no text', ({ payload }) => Object.assign(payload, { sub: 7 })],
  ];
  test.each(tokens)('with %s: denied', async (_, onToken) => {
    const holder = openId.holder();
    holder.onToken = (token) => token.payload.aud !== undefined && onToken(token);
    expect(await makingNothing(() => answerTo(app, holder))).toEqual(denied);
  });

  test.each<[string, (header: object, payload: object) => string]>([
    ['alg none', (header, payload) => `${json({ ...header, alg: 'none' })}.${json(payload)}.`],
    ['a signature of nothing', (header, payload) => `${json(header)}.${json(payload)}.`],
    [
      'the key of somebody else',
      (header, payload) => {
        const signed = `${json(header)}.${json(payload)}`;
        return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
      },
    ],
    [
      'the client secret as the key',
      (header, payload) => {
        const signed = `${json({ ...header, alg: 'HS256' })}.${json(payload)}`;
        return `${signed}.${createHmac('sha256', 'a secret').update(signed).digest('base64url')}`;
      },
    ],
    ['another kid', (header, payload) => `${json({ ...header, kid: 'x' })}.${json(payload)}.${json('x')}`],
    ['no token at all', () => ''],
  ])('signed with %s: denied', async (_, make) => {
    const holder = openId.holder();
    reSigned(holder, make);
    expect(await makingNothing(() => answerTo(app, holder))).toEqual(denied);
  });

  test('is the same token with another payload: denied', async () => {
    const holder = openId.holder();
    holder.onAnswer = ({ body }) => {
      if (body === '') return;
      const [header, payload = '', signature] = String(body.id_token).split('.');
      const changed = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'somebody else' };
      body.id_token = [header, json(changed), signature].join('.');
    };
    expect(await makingNothing(() => answerTo(app, holder))).toEqual(denied);
  });

  test.each<[string, (callback: URL) => void, object]>([
    ['a code that it does not know', ({ searchParams }) => searchParams.set('code', 'guessed'), denied],
    ['no code', ({ searchParams }) => searchParams.delete('code'), denied],
    [
      'another issuer (RFC 9207)',
      ({ searchParams }) => searchParams.set('iss', 'https://evil.example'),
      denied,
    ],
    ['an id token in the address', ({ searchParams }) => searchParams.set('id_token', 'x'), denied],
    ['a JARM response', ({ searchParams }) => searchParams.set('response', 'x'), denied],
    ['what its user said', ({ searchParams }) => said(searchParams, 'access_denied'), denied],
    ['any other error', ({ searchParams }) => said(searchParams, 'invalid_scope'), denied],
    ['an error that it made up', ({ searchParams }) => said(searchParams, '<script>'), denied],
    [
      'that it cannot now',
      ({ searchParams }) => said(searchParams, 'temporarily_unavailable'),
      {
        error: 'temporarily_unavailable',
      },
    ],
  ])('is %s: the page is told no more than that', async (_, change, expected) => {
    const { browser, callback } = await onTheWayBack();
    change(callback);
    const end = await makingNothing(() => browser.next(callback));
    expect(answerAt(end)).toEqual(expected);
    expect([...end.searchParams.keys()]).toEqual(['tab', 'error']);
  });

  function said(parameters: URLSearchParams, error: string): void {
    parameters.delete('code');
    parameters.set('error', error);
    parameters.set('error_description', 'words of the provider');
  }

  test.each([
    [400, denied],
    [401, denied],
    [500, { error: 'temporarily_unavailable' }],
  ])('is status %i for the code', async (statusCode, expected) => {
    const holder = openId.holder();
    holder.onAnswer = (answer) =>
      Object.assign(answer, {
        statusCode,
        body: { error: 'invalid_grant', error_description: 'secret words' },
      });
    expect(await makingNothing(() => answerTo(app, holder))).toEqual(expected);
  });

  test('is a code of another flow of the same browser: PKCE and nonce see it', async () => {
    const browser = new Browser(openId.holder());
    const [one, two] = [await browser.toCallback(startOf(app)), await browser.toCallback(startOf(app))];
    one.searchParams.set('code', two.searchParams.get('code') ?? '');
    expect(await makingNothing(async () => answerAt(await browser.next(one)))).toEqual(denied);
  });
});

describe('somebody new', () => {
  test.each([
    ['not verified', { email_verified: false }],
    ['not said to be verified', { email_verified: undefined }],
    ['verified in other words', { email_verified: 'yes' }],
    ['verified by a number', { email_verified: 1 }],
    ['missing, here and when it is asked', { sub: 'johndoe', email: undefined }],
    ['none', { email: 'ada' }],
    ['a list', { email: ['ada@example.com'] }],
    ['too long', { email: `${'a'.repeat(64)}@${'b.'.repeat(100)}example` }],
  ])('whose address is %s is refused', async (_, claims) => {
    expect(await makingNothing(() => answerTo(app, openId.holder(claims)))).toEqual({
      error: 'email_unverified',
    });
  });

  test('of whom the provider tells under another subject is denied', async () => {
    expect(await makingNothing(() => answerTo(app, openId.holder({ email: undefined })))).toEqual(denied);
  });

  test('whose address has an account is refused, in whatever case, and that stays as it was', async () => {
    const person = await seed.user();
    for (const email of [person.email, person.email.toUpperCase()]) {
      const answer = await makingNothing(() => answerTo(app, openId.holder({ email })));
      expect(answer).toEqual({ error: 'account_exists' });
    }
  });
});

describe('a provider that is away', () => {
  const away = { error: 'temporarily_unavailable' };
  const settings = { ...openId.variables, CORS_ORIGINS: 'https://app.example.com' };

  test('behind a port that nobody listens at: the page is told', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    await new Promise((resolve) => server.close(resolve));
    const elsewhere = await startApp({ ...settings, GOOGLE_ISSUER: `http://127.0.0.1:${port}` });
    expect(answerAt(await new Browser(openId.holder()).next(startOf(elsewhere)))).toEqual(away);
  });

  test('for the first ones alone: the next one comes through', async () => {
    const fresh = await startApp(settings, site);
    openId.service.once('beforeWellKnownOpenIdConfiguration', (answer: { statusCode: number }) => {
      answer.statusCode = 503;
    });
    const browser = new Browser(openId.holder());
    expect(answerAt(await browser.next(startOf(fresh)))).toEqual(away);
    expect(answerAt(await browser.through(startOf(fresh)))).toEqual({ code: expect.any(String) });
  });
});

test('the log has a warning, and neither code nor token nor what the provider wrote', async () => {
  const noisy = await startApp(
    { ...openId.variables, CORS_ORIGINS: 'https://app.example.com', LOG_LEVEL: 'warn' },
    site,
  );
  const lines = captureLog(noisy);
  const holder = openId.holder({ marker: unique('marker') });
  holder.onToken = ({ payload }) => Object.assign(payload, { nonce: 'wrong' });
  const browser = new Browser(holder);
  const callback = await browser.toCallback(startOf(noisy));
  expect(answerAt(await browser.next(callback))).toEqual(denied);
  expect(lines).toMatchObject([
    { provider: 'google', error: 'access_denied', reason: 'ClientError OAUTH_JWT_CLAIM_COMPARISON_FAILED' },
  ]);
  const text = JSON.stringify(lines);
  for (const secret of [...callback.searchParams.values(), holder.claims.marker, holder.claims.email])
    expect(text).not.toContain(secret);
});
