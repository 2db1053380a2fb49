import { createServer, type ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { captureLog } from '../kit/log.ts';
import { present } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';

/** A provider that serves its discovery document, and never answers requests to redeem a code. */
async function startSlowProvider() {
  const kept: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') return void kept.push(response);
    const told = { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(told));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenDone(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return { issuer, kept };
}

test('a slow provider keeps so many of one address waiting, and those of others come to it', async () => {
  const { issuer, kept } = await startSlowProvider();
  const app = await startApp({
    GOOGLE_CLIENT_ID: 'questline',
    GOOGLE_CLIENT_SECRET: 'a secret',
    GOOGLE_ISSUER: issuer,
    TRUST_PROXY: 'true',
    LOG_LEVEL: 'warn',
  });
  const lines = captureLog(app);
  const ask = (path: string, headers: Record<string, string>) =>
    fetch(app.url + path, { redirect: 'manual', headers });
  /** Starts a flow; returns how to come back with a code, and what the page is then told. */
  async function setOut(address: string): Promise<() => Promise<string | null>> {
    const headers = { 'x-forwarded-for': address };
    const start = await ask('/auth/google', headers);
    const state = present(new URL(present(start.headers.get('location'))).searchParams.get('state'));
    const cookie = present(start.headers.getSetCookie()[0]?.split(';')[0]);
    return async () => {
      const end = await ask(`/auth/google/callback?code=x&state=${state}`, { ...headers, cookie });
      return new URL(present(end.headers.get('location'))).searchParams.get('error');
    };
  }
  const ways = await Promise.all(Array.from({ length: 70 }, () => setOut('192.0.2.1')));
  const elsewhere = await setOut('192.0.2.2');
  const answers = ways.map((comeBack) => comeBack());
  const tooMany = () => lines.filter((line) => line.reason === 'TOO_MANY_AT_ONCE').length;
  await eventually(() => tooMany() > 0);
  const before = tooMany();
  const other = elsewhere();
  const end = setInterval(() => kept.splice(0).map((response) => response.writeHead(400).end()), 50);
  whenDone(() => clearInterval(end));
  expect(await other).toBe('access_denied');
  expect(new Set(await Promise.all(answers))).toEqual(new Set(['access_denied', 'temporarily_unavailable']));
  expect(before).toBeLessThanOrEqual(10);
  expect(await (await setOut('192.0.2.1'))()).toBe('access_denied');
});
