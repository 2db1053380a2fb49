import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import {
  HelloDocument,
  RefreshSessionDocument,
  SetRoleDocument,
  SignInDocument,
  SignOutDocument,
  SignUpDocument,
  SuspendAccountDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';
import { newcomer, type Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { present } from '../kit/unique.ts';

const app = await startApp();
const { client, seed, site } = app;

const refresh = (refreshToken: string) => client.mutate(RefreshSessionDocument, { input: { refreshToken } });
const refreshErrors = (refreshToken: string) =>
  client.refused(RefreshSessionDocument, { input: { refreshToken } });
const tokenInvalid = [['TOKEN_INVALID', 'input.refreshToken']];
/** The codes that a token gets on a field that anyone may request. */
const codesFor = (token: { accessToken: string }) => client.as(token).fails(HelloDocument);

describe('an access token', () => {
  test('is a JWT by ES256 that other services can check by the published keys', async () => {
    const { accessToken, id } = await seed.user();
    const response = await fetch(`${app.url}/.well-known/jwks.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const text = await response.text();
    expect(text).not.toContain('"d"');
    const jwks: JSONWebKeySet = JSON.parse(text);
    const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(jwks));
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: jwks.keys[0]?.kid });
    expect(payload).toEqual({
      iss: expect.any(String),
      aud: expect.any(String),
      sub: id,
      sid: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
      role: 'USER',
      iat: expect.any(Number),
      exp: present(payload.iat) + 15 * 60,
    });
  });

  test('without one nobody is signed in, and what is public works', async () => {
    expect(await client.run(ViewerDocument)).toEqual({ viewer: null });
    expect(await client.run(HelloDocument)).toEqual({
      hello: { message: expect.any(String), version: 'V2' },
    });
    expect(await client.fails(SignOutDocument)).toEqual(['UNAUTHENTICATED']);
  });

  test('a bad or empty one is UNAUTHENTICATED, whatever is asked', async () => {
    const { accessToken, refreshToken } = await seed.user();
    const [header, payload, signature = ''] = accessToken.split('.');
    const bad = [
      '',
      'Bearer',
      'Bearer ',
      'Bearer nonsense',
      accessToken,
      `Basic ${accessToken}`,
      `Bearer ${accessToken} ${accessToken}`,
      `Bearer ${accessToken}x`,
      `Bearer ${header}.${payload}.`,
      `Bearer ${header}.${payload}.${signature.split('').reverse().join('')}`,
      `Bearer ${refreshToken}`,
    ];
    for (const authorization of bad) {
      const { body } = await client.with({ authorization }).ask(HelloDocument);
      expect([authorization, body]).toEqual([
        authorization,
        { errors: [expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })] },
      ]);
      const socket = await Socket.open(client);
      socket.send({ type: 'connection_init', payload: { authorization } });
      expect([authorization, await socket.closeCode()]).toEqual([authorization, 4403]);
    }
  });

  test('a changed role or a suspension ends those that stand; refreshing gives the new role', async () => {
    const person = await seed.user();
    const { client: admin } = await seed.boss();
    const userId = person.id;
    await admin.mutate(SetRoleDocument, { input: { userId, role: 'SERVICE' } });
    expect(await codesFor(person)).toEqual(['UNAUTHENTICATED']);
    const renewed = await refresh(person.refreshToken);
    expect(renewed.account.role).toBe('SERVICE');
    expect(await codesFor(renewed)).toEqual([]);
    await admin.mutate(SuspendAccountDocument, { input: { userId, suspended: true } });
    expect(await codesFor(renewed)).toEqual(['UNAUTHENTICATED']);
    expect(await refreshErrors(renewed.refreshToken)).toEqual(tokenInvalid);
  });
});

describe('the response header Authorization', () => {
  const tokenIn = (headers: Headers) => headers.get('authorization');

  test('carries the new token of signUp, signIn and refreshSession', async () => {
    const input = newcomer({});
    const signedUp = await client.ask(SignUpDocument, { input });
    expect(tokenIn(signedUp.headers)).toBe(`Bearer ${signedUp.body.data?.signUp?.accessToken}`);
    const { username: login, password } = input;
    const signedIn = await client.ask(SignInDocument, { input: { login, password } });
    expect(tokenIn(signedIn.headers)).toBe(`Bearer ${signedIn.body.data?.signIn?.accessToken}`);
    const refreshToken = present(signedIn.body.data?.signIn?.refreshToken);
    const refreshed = await client.ask(RefreshSessionDocument, { input: { refreshToken } });
    expect(tokenIn(refreshed.headers)).toBe(`Bearer ${refreshed.body.data?.refreshSession?.accessToken}`);
  });

  test('carries the last one’s where there are several, and none where all were refused', async () => {
    const { username, password } = await seed.user();
    const query = `mutation($good: SignInInput!, $bad: SignInInput!) {
      a: signIn(input: $good) { accessToken } b: signIn(input: $good) { accessToken } c: signIn(input: $bad) { accessToken }
    }`;
    const good = { login: username, password };
    const bad = { login: username, password: 'wrong' };
    const { headers, body } = await client.post<Record<'a' | 'b', { accessToken: string }>>({
      query,
      variables: { good, bad },
    });
    expect(body.data?.a.accessToken).not.toBe(body.data?.b.accessToken);
    expect(tokenIn(headers)).toBe(`Bearer ${body.data?.b.accessToken}`);
    const refused = await client.post({ query, variables: { good: bad, bad } });
    expect(tokenIn(refused.headers)).toBeNull();
  });

  test('can be read by pages of other origins', async () => {
    const origin = 'http://localhost:5173';
    const { headers } = await client.with({ origin }).ask(HelloDocument);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-expose-headers')?.toLowerCase().split(/, */)).toContain(
      'authorization',
    );
  });
});

describe('refreshSession', () => {
  test('gives new tokens of the same session', async () => {
    const person = await seed.user();
    const next = await refresh(person.refreshToken);
    expect(next.refreshToken).not.toBe(person.refreshToken);
    expect(sessionOf(next.accessToken)).toBe(sessionOf(person.accessToken));
    expect(await codesFor(next)).toEqual([]);
    expect(await codesFor(person)).toEqual([]);
  });

  test('gives two tabs that come at once the same successor', async () => {
    const { refreshToken } = await seed.user();
    const successors = await Promise.all(Array.from({ length: 10 }, () => refresh(refreshToken)));
    expect(new Set(successors.map((payload) => payload.refreshToken)).size).toBe(1);
  });

  test('a token that comes again after its successor was used ends the session', async () => {
    const person = await seed.user();
    const live = openLive(person.client);
    const second = await refresh(person.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(await refreshErrors(person.refreshToken)).toEqual(tokenInvalid);
    expect(await refreshErrors(third.refreshToken)).toEqual(tokenInvalid);
    expect(await codesFor(third)).toEqual(['UNAUTHENTICATED']);
    expect(await live.closed()).toMatchObject({ code: 4403 });
  });

  test('refuses what is no refresh token', async () => {
    const { accessToken, refreshToken } = await seed.user();
    for (const token of ['', 'nonsense', accessToken, `${refreshToken}x`, refreshToken.slice(0, -2)]) {
      expect([token, await refreshErrors(token)]).toEqual([token, tokenInvalid]);
    }
    expect(await refreshErrors(refreshToken)).toEqual([]);
  });
});

describe('signOut', () => {
  test('ends this session at once, over HTTP and on its open sockets, and no other', async () => {
    const first = await seed.user();
    const second = await seed.signIn(first);
    const sockets = [openLive(first.client), openLive(first.client)];
    const other = openLive(second.client);
    for (const live of [...sockets, other]) await live.run(ViewerDocument);

    await first.client.mutate(SignOutDocument);
    expect(await codesFor(first)).toEqual(['UNAUTHENTICATED']);
    expect(await refreshErrors(first.refreshToken)).toEqual(tokenInvalid);
    for (const live of sockets) expect(await live.closed()).toMatchObject({ code: 4403 });

    expect((await other.run(ViewerDocument)).viewer?.id).toBe(first.accountId);
    expect(await codesFor(second)).toEqual([]);
    await refresh(second.refreshToken);
  });

  test('reaches the sockets of every process', async () => {
    const neighbour = await startApp({}, site);
    const person = await seed.user();
    const live = openLive(neighbour.client.as(person));
    expect((await live.run(ViewerDocument)).viewer?.id).toBe(person.accountId);
    await person.client.mutate(SignOutDocument);
    expect(await live.closed()).toMatchObject({ code: 4403 });
    expect(await neighbour.client.as(person).fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
  });

  test('without Redis it does so too', async () => {
    const alone = await startApp({ REDIS_URL: '' });
    const person: Person = await alone.seed.user();
    const live = openLive(person.client);
    await live.run(ViewerDocument);
    await person.client.mutate(SignOutDocument);
    expect(await live.closed()).toMatchObject({ code: 4403 });
    expect(await person.client.fails(HelloDocument)).toEqual(['UNAUTHENTICATED']);
  });
});

function sessionOf(accessToken: string): unknown {
  return JSON.parse(Buffer.from(present(accessToken.split('.')[1]), 'base64url').toString()).sid;
}
