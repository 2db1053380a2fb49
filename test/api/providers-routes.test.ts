import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { LinkProviderDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Browser } from '../kit/browser.ts';
import { startWithProvider } from './providers.ts';

const { app, openId } = await startWithProvider();
const { site } = app;

describe('/auth/google', () => {
  test.each([
    ['a foreign page', '?returnTo=https://evil.example'],
    ['an empty page', '?returnTo='],
    ['a path', '?returnTo=/welcome'],
    ['a page without a scheme', '?returnTo=//evil.example'],
    ['userinfo', '?returnTo=https://app.example.com%40evil.example'],
    ['a backslash', '?returnTo=https://app.example.com%5C@evil.example'],
    ['a line break', '?returnTo=https://app.example.com/%0d%0aset-cookie:a=b'],
    ['two pages', '?returnTo=https://app.example.com&returnTo=https://evil.example'],
    ['two pages, the other way round', '?returnTo=https://evil.example&returnTo=https://app.example.com'],
    ['a list of pages', '?returnTo[]=https://evil.example'],
    ['an object', '?returnTo[a]=https://evil.example'],
    ['a very long page', `?returnTo=https://app.example.com/${'a'.repeat(3_000)}`],
    ['an unknown link', `?link=${'A'.repeat(43)}`],
    ['an empty link', '?link='],
    ['another parameter', '?redirect_uri=https://evil.example'],
  ])('%s: 400, and no flow, cookie or redirect', async (_, query) => {
    const before = await site.contents('sign_in_flow');
    const response = await new Browser(openId.holder()).get(`${app.url}/auth/google${query}`);
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(response.headers.getSetCookie()).toEqual([]);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    expect(text).not.toContain('evil');
    expect(await site.contents('sign_in_flow')).toBe(before);
  });

  test('is there for a GET alone', async () => {
    for (const method of ['HEAD', 'POST', 'PUT', 'DELETE']) {
      const { status } = await fetch(`${app.url}/auth/google`, { method, redirect: 'manual' });
      expect([method, status]).toEqual([method, 404]);
    }
  });

  test('is not there, and nobody is linked, where the provider is not set', async () => {
    const without = await startApp();
    for (const path of ['/auth/google', '/auth/google/callback?state=x&code=y', '/auth/github', '/auth/'])
      expect([path, (await fetch(without.url + path, { redirect: 'manual' })).status]).toEqual([path, 404]);
    const { client } = await without.seed.user();
    expect(await client.refused(LinkProviderDocument, { input: { provider: 'google' } })).toEqual([
      ['INVALID', 'input.provider'],
    ]);
  });
});

describe('the settings of a provider', () => {
  const both = { GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'y' };

  test('put it in use', () => {
    expect(parseConfig({}).providers).toEqual([]);
    expect(parseConfig(both).providers).toEqual([
      {
        name: 'google',
        title: 'Google',
        issuer: 'https://accounts.google.com',
        scope: 'openid email profile',
        clientId: 'x',
        clientSecret: 'y',
      },
    ]);
  });

  test.each([
    'http://127.0.0.1:8080',
    'http://localhost:8080',
    'http://[::1]:8080',
    'https://id.example.com/a',
  ])('may name the issuer %s', (GOOGLE_ISSUER) => {
    expect(parseConfig({ ...both, GOOGLE_ISSUER }).providers).toMatchObject([{ issuer: GOOGLE_ISSUER }]);
  });

  test.each([
    'http://id.example.com',
    'http://localhost.evil.example',
    'http://0.0.0.0',
    'ftp://localhost',
    'x',
  ])('may not name the issuer %s', (GOOGLE_ISSUER) => {
    expect(() => parseConfig({ ...both, GOOGLE_ISSUER })).toThrow(/GOOGLE_ISSUER: .+https/);
  });
});
