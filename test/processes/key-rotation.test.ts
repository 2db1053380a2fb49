import { expect, test } from 'vitest';
import { keysOf, newKeyPair, newSecret, partOf } from '../api/forge.ts';
import { HelloDocument, RefreshSessionDocument, WalletChangedDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import { createSite } from '../kit/site.ts';

const refresh = ({ client }: App, refreshToken: string) =>
  client.mutate(RefreshSessionDocument, { input: { refreshToken } });
const codesFor = ({ client }: App, token: { accessToken: string }) => client.as(token).fails(HelloDocument);
const kidsOf = async ({ url }: App): Promise<string[]> => {
  const text = await (await fetch(`${url}/.well-known/jwks.json`)).text();
  const { keys }: { keys: { kid: string }[] } = JSON.parse(text);
  return keys.map(({ kid }) => kid);
};

test('a key is rotated process by process, and nobody is signed out', async () => {
  const [old, fresh] = [newKeyPair(), newKeyPair()];
  const secret = newSecret();
  const kids = {
    old: (await keysOf(old.privatePem, secret)).signing.kid,
    fresh: (await keysOf(fresh.privatePem, secret)).signing.kid,
  };
  const site = await createSite();
  const at = (present: typeof old, ...others: (typeof old)[]) =>
    startApp(
      {
        JWT_PRIVATE_KEY: present.privatePem,
        JWT_PREVIOUS_PUBLIC_KEYS: others.map(({ publicPem }) => publicPem).join(''),
        JWE_SECRET: secret,
      },
      site,
    );

  // First every process learns the new public key, then each begins to sign with the new key.
  const waiting = await at(old, fresh);
  const rotated = await at(fresh, old);
  expect(await kidsOf(waiting)).toEqual([kids.old, kids.fresh]);
  expect(await kidsOf(rotated)).toEqual([kids.fresh, kids.old]);

  const person = await waiting.seed.user();
  expect(partOf(person.accessToken, 0).kid).toBe(kids.old);
  expect(await codesFor(rotated, person)).toEqual([]);
  const stream = await openLive(rotated.client.as(person)).events(WalletChangedDocument);
  await rotated.seed.give(person, { currency: 'GOLD', amount: 1 });
  expect(await stream.next()).toMatchObject({ walletChanged: { entry: { amount: 1 } } });

  const renewed = await refresh(rotated, person.refreshToken);
  expect(partOf(renewed.accessToken, 0).kid).toBe(kids.fresh);
  for (const app of [waiting, rotated]) {
    expect(await codesFor(app, renewed)).toEqual([]);
    expect(await codesFor(app, person)).toEqual([]);
  }

  // The old key is removed once the last old token has expired; refresh tokens do not depend on it.
  const done = await at(fresh);
  expect(await kidsOf(done)).toEqual([kids.fresh]);
  expect(await codesFor(done, person)).toEqual(['UNAUTHENTICATED']);
  expect(await codesFor(done, await refresh(done, renewed.refreshToken))).toEqual([]);
});
