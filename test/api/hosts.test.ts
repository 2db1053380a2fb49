import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type App, startApp } from '../kit/app.ts';

const apps: Record<string, App> = {};
beforeAll(async () => {
  const production = {
    NODE_ENV: 'production',
    JWT_PRIVATE_KEY: await privateKey(),
    JWE_SECRET: randomBytes(32).toString('base64'),
  };
  const [development, named, bare, listed] = await Promise.all([
    startApp(),
    startApp({ PUBLIC_URL: 'https://Public.Example.net:8443/' }),
    startApp(production),
    startApp({
      ...production,
      PUBLIC_URL: 'https://public.example.net',
      ALLOWED_HOSTS: 'api.example.com, *.Example.org',
    }),
  ]);
  Object.assign(apps, { development, named, bare, listed });
});

async function privateKey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Sends raw bytes; returns the status and the body. */
async function raw(app: string, head: readonly string[], body = ''): Promise<[number, string]> {
  const { hostname, port } = new URL(apps[app]?.url ?? '');
  const socket = connect(Number(port), hostname);
  socket.write(`${[...head, 'connection: close', '', ''].join('\r\n')}${body}`);
  // An upgrade that is accepted stays open.
  setTimeout(() => socket.end(), 400).unref();
  const text = await textOf(socket);
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  return [Number(status), text.slice(text.indexOf('\r\n\r\n') + 4)];
}

const statusOf = async (app: string, host: string | null, path = '/') =>
  (await raw(app, [`GET ${path} HTTP/1.1`, ...(host === null ? [] : [`host: ${host}`])]))[0];

const upgrade = [
  'GET /graphql HTTP/1.1',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol: graphql-transport-ws',
];
async function upgraded(app: string, host: string): Promise<number> {
  const { hostname, port } = new URL(apps[app]?.url ?? '');
  const socket = connect(Number(port), hostname);
  socket.write(`${[...upgrade, `host: ${host}`, 'connection: upgrade', '', ''].join('\r\n')}`);
  const [chunk] = await new Promise<[Buffer]>((resolve) => socket.once('data', (data) => resolve([data])));
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString())?.[1]);
}

const local = [
  'localhost',
  'LOCALHOST:4000',
  'localhost.',
  'app.localhost',
  '127.0.0.1',
  '192.168.1.7:80',
  '[::1]',
  '[2001:DB8::1]:4000',
];
const foreign = [
  'evil.example',
  'localhost.evil.example',
  'notlocalhost',
  '127.0.0.1.evil.example',
  '1.2.3',
  '[::1',
  '[localhost]',
  '[127.0.0.1]',
  'user@localhost',
  'localhost@evil.example',
  'localhost:80:80',
  'localhost:80a',
  'localhost/',
  'localhost?',
  'local host',
  'localhost,evil.example',
  '.localhost',
  'localhost..',
  '',
];

describe('in development, without ALLOWED_HOSTS', () => {
  test.each(local)('%s is served, over HTTP and WebSocket', async (host) => {
    expect([await statusOf('development', host), await upgraded('development', host)]).toEqual([200, 101]);
  });

  test.each(foreign)('%j is told 421, over HTTP and WebSocket', async (host) => {
    expect([await statusOf('development', host), await upgraded('development', host)]).toEqual([421, 421]);
  });

  test('the host of PUBLIC_URL is served as well', async () => {
    expect(await statusOf('named', 'public.example.net')).toBe(200);
    expect(await statusOf('named', 'localhost')).toBe(200);
    expect(await statusOf('named', 'evil.example')).toBe(421);
  });
});

describe('in production', () => {
  test.each(['evil.example', '127.0.0.1', 'user@x'])('without ALLOWED_HOSTS, %s is served', async (host) => {
    expect([await statusOf('bare', host), await upgraded('bare', host)]).toEqual([200, 101]);
  });

  test.each([
    'api.example.com',
    'API.Example.COM.:443',
    'a.example.org',
    'a.b.example.org:8443',
    'public.example.net',
  ])('with ALLOWED_HOSTS, %s is served', async (host) => {
    expect([await statusOf('listed', host), await upgraded('listed', host)]).toEqual([200, 101]);
  });

  test.each([
    'example.com',
    'x.api.example.com',
    'api.example.com.evil.example',
    'example.org',
    '.example.org',
    'aexample.org',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'evil.example',
    '*.example.org',
  ])('with ALLOWED_HOSTS, %s is told 421', async (host) => {
    expect([await statusOf('listed', host), await upgraded('listed', host)]).toEqual([421, 421]);
  });
});

describe('421', () => {
  const evil = 'host: evil.example';
  const isTold = async (head: readonly string[], body?: string) => {
    const [status, text] = await raw('development', [...head, evil], body);
    expect(status).toBe(421);
    expect(JSON.parse(text)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'BAD_REQUEST' } }],
    });
    expect(text).not.toContain('evil');
  };

  test('is the answer of every route, and has the form of every error', async () => {
    const query = '{"query":"mutation { signOut { userErrors { code } } }"}';
    const ofBody = ['content-type: application/json', `content-length: ${query.length}`];
    await isTold(['POST /graphql HTTP/1.1', ...ofBody], query);
    for (const path of [
      '/',
      '/nowhere',
      '/.well-known/jwks.json',
      '/healthz/x',
      '/Healthz',
      '/metrics/',
      '//',
    ])
      await isTold([`GET ${path} HTTP/1.1`]);
    await isTold([
      'OPTIONS /graphql HTTP/1.1',
      'origin: http://localhost',
      'access-control-request-method: POST',
    ]);
    await isTold(upgrade.with(0, 'GET /nowhere HTTP/1.1').concat('connection: upgrade'));
  });

  test('is not that of health, readiness and metrics', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/healthz?x=1'])
      expect([path, await statusOf('development', 'evil.example', path)]).toEqual([path, 200]);
    const [status] = await raw('development', ['GET /healthz HTTP/1.0']);
    expect(status).toBe(200);
  });

  test('is not told to whoever names none, in HTTP/1.0; two hosts are malformed, and so is none in HTTP/1.1', async () => {
    const two = await raw('development', ['GET / HTTP/1.1', 'host: localhost', evil]);
    const none = await raw('development', ['GET / HTTP/1.0']);
    expect([two[0], none[0]]).toEqual([400, 200]);
    expect(await statusOf('development', null)).toBe(400);
  });
});
