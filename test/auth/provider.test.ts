import { createServer, type RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { Provider, ProviderFailure } from '../../src/auth/provider.ts';
import { newSecret } from '../../src/auth/secret.ts';
import { startOpenId } from '../kit/openid.ts';
import { whenDone } from '../kit/when-done.ts';

const settings = {
  name: 'google',
  title: 'Google',
  scope: 'openid',
  clientId: 'questline',
  clientSecret: 'a secret',
};
const callback = 'https://questline.test/auth/google/callback';
const newSecrets = () => ({ state: newSecret(), nonce: newSecret(), codeVerifier: newSecret() });

/** Starts a server with this answer; it stops with the test. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenDone(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test.each<[string, RequestListener]>([
  ['says nothing', () => undefined],
  [
    'stops in the middle',
    (_request, response) => void response.writeHead(200, { 'content-length': 100 }).write('{'),
  ],
  ['hangs up', (_request, response) => void response.destroy()],
  ['says 500', (_request, response) => void response.writeHead(500).end()],
  ['speaks of nothing', (_request, response) => void response.writeHead(200).end('<html>')],
  [
    'sends elsewhere',
    (_request, response) => void response.writeHead(302, { location: 'https://evil.example' }).end(),
  ],
  [
    'says that it is another',
    (_request, response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(
          JSON.stringify({ issuer: 'https://evil.example', authorization_endpoint: 'https://evil.example' }),
        ),
  ],
])('a provider that %s is away, and nobody waits for it', async (_, answer) => {
  const provider = new Provider({ ...settings, issuer: await serve(answer) }, 0.2);
  const secrets = newSecrets();
  const failure = await provider.authorizationUrl(callback, secrets);
  expect(failure).toBeInstanceOf(ProviderFailure);
  expect(failure).toMatchObject({ error: 'temporarily_unavailable' });
  const url = new URL(`${callback}?state=${secrets.state}&code=x`);
  expect(await provider.prove(url, secrets)).toBeInstanceOf(ProviderFailure);
});

test('all that is asked of a provider for one browser has one time together', async () => {
  const issuer = await serve((request, response) => {
    if (request.method === 'POST') return;
    const told = JSON.stringify({ issuer, token_endpoint: `${issuer}/token` });
    setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).end(told), 800);
  });
  const provider = new Provider({ ...settings, issuer }, 1);
  const secrets = newSecrets();
  const begun = performance.now();
  const failure = await provider.prove(new URL(`${callback}?state=${secrets.state}&code=x`), secrets);
  expect(performance.now() - begun).toBeLessThan(1_600);
  expect(failure).toMatchObject({ error: 'temporarily_unavailable' });
});

test('who ask at once share one question; it is asked again only after a failure', async () => {
  const openId = await startOpenId();
  let asked = 0;
  openId.service.on('beforeWellKnownOpenIdConfiguration', (answer: { statusCode: number }) => {
    asked++;
    if (asked === 1) answer.statusCode = 503;
  });
  const provider = new Provider({ ...settings, issuer: openId.issuer });
  const ask = () => provider.authorizationUrl(callback, newSecrets());
  const failed = await Promise.all(Array.from({ length: 50 }, ask));
  expect(failed.every((result) => result instanceof ProviderFailure)).toBe(true);
  expect(asked).toBe(1);
  const urls = await Promise.all(Array.from({ length: 50 }, ask));
  expect(urls.every((result) => result instanceof URL)).toBe(true);
  await ask();
  expect(asked).toBe(2);
});
