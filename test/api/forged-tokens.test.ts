import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  DeleteAccountDocument,
  HelloDocument,
  RefreshSessionDocument,
  SetRoleDocument,
  SignOutDocument,
  SuspendAccountDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import {
  encoded,
  encrypted,
  hmac,
  type Json,
  keysOf,
  newKeyPair,
  newSecret,
  partOf,
  signed,
} from './forge.ts';

const [present, previous, removed, stranger] = [newKeyPair(), newKeyPair(), newKeyPair(), newKeyPair()];
const secret = newSecret();
const { client, seed } = await startApp({
  JWT_PRIVATE_KEY: present.privatePem,
  JWT_PREVIOUS_PUBLIC_KEYS: previous.publicPem,
  JWE_SECRET: secret,
});
const kidOf = async ({ privatePem }: typeof present) => (await keysOf(privatePem, secret)).signing.kid;
const kids = {
  previous: await kidOf(previous),
  removed: await kidOf(removed),
  stranger: await kidOf(stranger),
};
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const content = Buffer.from(secret, 'base64');

/** A token that the server issued, and its parts. */
class Real {
  readonly person: Person;
  readonly token: string;
  readonly header: Json;
  readonly claims: Json;

  constructor(person: Person) {
    this.person = person;
    this.token = person.accessToken;
    this.header = partOf(this.token, 0);
    this.claims = partOf(this.token, 1);
  }

  /** Forges a token with the server's own key, so that only the change can be why it is refused. */
  forge(header: Json = {}, claims: Json = {}, key = present.privateKey): string {
    return signed({ ...this.header, ...header }, { ...this.claims, ...claims }, key);
  }

  /** The token with some parts changed. */
  parts(change: (parts: string[]) => (string | undefined)[]): string {
    return change(this.forge().split('.')).join('.');
  }

  signature(change: (signature: Buffer) => Buffer): string {
    return this.parts(([header, claims, signature = '']) => [
      header,
      claims,
      change(Buffer.from(signature, 'base64url')).toString('base64url'),
    ]);
  }
}

const now = () => Math.floor(Date.now() / 1_000);
const publicDer = present.publicKey.export({ type: 'spki', format: 'der' });
const another = async () => new Real(await seed.user());
const jwk = stranger.publicKey.export({ format: 'jwk' });
/** Changes the last character; a decoder that ignores the last bits gets the same bytes. */
const respelt = (token: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
};
const zipped = (token: string) =>
  encrypted({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', zip: 'DEF' }, deflateRawSync(token), content);

type Forgery = readonly [string, (real: Real) => string | Promise<string>];

const ofTheSignature: Forgery[] = [
  ['alg none', (real) => `${encoded({ ...real.header, alg: 'none' })}.${encoded(real.claims)}.`],
  [
    'alg none with the signature',
    (real) => real.parts((parts) => [encoded({ ...real.header, alg: 'none' }), parts[1], parts[2]]),
  ],
  [
    'HS256 with the public key in PEM',
    (real) => hmac({ ...real.header, alg: 'HS256' }, real.claims, present.publicPem),
  ],
  [
    'HS256 with the public key in DER',
    (real) => hmac({ ...real.header, alg: 'HS256' }, real.claims, publicDer),
  ],
  [
    'HS256 with the public key as JWK',
    (real) =>
      hmac(
        { ...real.header, alg: 'HS256' },
        real.claims,
        JSON.stringify(present.publicKey.export({ format: 'jwk' })),
      ),
  ],
  ['HS256 with JWE_SECRET', (real) => hmac({ ...real.header, alg: 'HS256' }, real.claims, content)],
  ['ES384', (real) => signed({ ...real.header, alg: 'ES384' }, real.claims, p384, 'sha384')],
  ['RS256', (real) => signed({ ...real.header, alg: 'RS256' }, real.claims, rsa)],
  ['another key under our kid', (real) => real.forge({}, {}, stranger.privateKey)],
  ['an unknown kid', (real) => real.forge({ kid: kids.stranger }, {}, stranger.privateKey)],
  ['no kid', (real) => real.forge({ kid: undefined })],
  ['the kid of a key that was removed', (real) => real.forge({ kid: kids.removed }, {}, removed.privateKey)],
  ['the kid of a previous key, signed with the present one', (real) => real.forge({ kid: kids.previous })],
  ['a kid that every object has', (real) => real.forge({ kid: 'constructor' })],
  ['crit', (real) => real.forge({ crit: ['exp'] })],
  ['jku', (real) => real.forge({ jku: 'https://evil.test/jwks.json' })],
  ['jwk', (real) => real.forge({ jwk, kid: undefined }, {}, stranger.privateKey)],
  ['jwk under our kid', (real) => real.forge({ jwk }, {}, stranger.privateKey)],
  [
    'the signature of another token',
    async (real) => {
      const other = (await another()).forge().split('.');
      return real.parts((parts) => [parts[0], parts[1], other[2]]);
    },
  ],
  [
    'claims changed under the signature',
    (real) => real.parts((parts) => [parts[0], encoded({ ...real.claims, role: 'ADMIN' }), parts[2]]),
  ],
  ['a signature of zeros', (real) => real.signature((signature) => Buffer.alloc(signature.length))],
  [
    'r and s swapped',
    (real) =>
      real.signature((signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)])),
  ],
  ['no signature', (real) => real.parts((parts) => [parts[0], parts[1], ''])],
  ['truncated', (real) => real.token.slice(0, -4)],
  ['another spelling of the same bytes', (real) => respelt(real.token)],
  ['padding', (real) => `${real.token}==`],
  ['8 KiB', (real) => real.forge({}, { more: 'x'.repeat(8_192) })],
];

const ofTheClaims: Forgery[] = [
  ['typ JWT', (real) => real.forge({ typ: 'JWT' })],
  ['no typ', (real) => real.forge({ typ: undefined })],
  ['the typ of a refresh token', (real) => real.forge({ typ: 'rt+jwt' })],
  ['another issuer', (real) => real.forge({}, { iss: 'https://evil.test' })],
  ['another audience', (real) => real.forge({}, { aud: 'another' })],
  ['a list of audiences', (real) => real.forge({}, { aud: [real.claims.aud] })],
  ['the audience of refresh tokens', (real) => real.forge({}, { aud: 'questline/refresh' })],
  ['expired just now', (real) => real.forge({}, { iat: now() - 900, exp: now() })],
  ['no expiry', (real) => real.forge({}, { exp: undefined })],
  ['an expiry in words', (real) => real.forge({}, { exp: '2099-01-01T00:00:00Z' })],
  ['an expiry before its issue', (real) => real.forge({}, { iat: now() + 3, exp: now() + 2 })],
  ['not yet valid', (real) => real.forge({}, { nbf: now() + 600 })],
  ['issued in the far future', (real) => real.forge({}, { iat: now() + 3_600, exp: now() + 7_200 })],
  [
    'another account with this session',
    async (real) => real.forge({}, { sub: (await another()).claims.sub }),
  ],
  ['a subject that is none', (real) => real.forge({}, { sub: 'user_x' })],
  ['a subject that is a uuid', (real) => real.forge({}, { sub: randomUUID() })],
  ['the session of another account', async (real) => real.forge({}, { sid: (await another()).claims.sid })],
  ['a session that never was', (real) => real.forge({}, { sid: randomUUID() })],
  ['a session that is no uuid', (real) => real.forge({}, { sid: "' or true --" })],
  ['a raised role', (real) => real.forge({}, { role: 'ADMIN' })],
  ['an unknown role', (real) => real.forge({}, { role: 'ROOT' })],
  ['the refresh token', (real) => real.person.refreshToken],
  [
    'the access token in a JWE',
    (real) => encrypted({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' }, real.token, content),
  ],
  ['the access token in a JWE with zip', (real) => zipped(real.token)],
];

const admin = async () => (await seed.boss()).client;

/** Tokens that were valid until something happened. */
const ofTheSession: Forgery[] = [
  [
    'a session that has ended',
    async (real) => {
      await real.person.client.mutate(SignOutDocument);
      return real.token;
    },
  ],
  [
    'of a suspended account',
    async (real) => {
      await (await admin()).mutate(SuspendAccountDocument, {
        input: { userId: real.person.id, suspended: true },
      });
      return real.token;
    },
  ],
  [
    'of an account that was suspended for a while',
    async (real) => {
      for (const suspended of [true, false])
        await (await admin()).mutate(SuspendAccountDocument, {
          input: { userId: real.person.id, suspended },
        });
      return real.token;
    },
  ],
  [
    'of a deleted account',
    async (real) => {
      await real.person.client.mutate(DeleteAccountDocument, { input: { password: real.person.password } });
      return real.token;
    },
  ],
  [
    'of a role that has changed',
    async (real) => {
      await (await admin()).mutate(SetRoleDocument, { input: { userId: real.person.id, role: 'SERVICE' } });
      return real.token;
    },
  ],
  [
    'of a role that was another for a while',
    async (real) => {
      for (const role of ['SERVICE', 'USER'] as const)
        await (await admin()).mutate(SetRoleDocument, { input: { userId: real.person.id, role } });
      return real.token;
    },
  ],
  [
    'of a family that was robbed',
    async (real) => {
      const { refreshToken } = real.person;
      const second = await client.mutate(RefreshSessionDocument, { input: { refreshToken } });
      await client.mutate(RefreshSessionDocument, { input: { refreshToken: second.refreshToken } });
      await client.refused(RefreshSessionDocument, { input: { refreshToken } });
      return real.token;
    },
  ],
];

const headers: [string, (token: string) => string][] = [
  ['empty', () => ''],
  ['a space', () => ' '],
  ['the scheme alone', () => 'Bearer'],
  ['the token alone', (token) => token],
  ['another scheme', (token) => `Basic ${token}`],
  ['no space', (token) => `Bearer${token}`],
  ['two tokens', (token) => `Bearer ${token} ${token}`],
  ['two headers in one', (token) => `Bearer ${token}, Bearer ${token}`],
  ['quotes', (token) => `Bearer "${token}"`],
  ['a comma behind', (token) => `Bearer ${token},`],
];

/** The answers to an `authorization` header over HTTP, on a field that anyone may request, and over a WebSocket. */
async function answersTo(authorization: string) {
  const { body } = await client.with({ authorization }).ask(HelloDocument);
  const socket = await Socket.open(client);
  socket.send({ type: 'connection_init', payload: { authorization } });
  const { type } = await socket.receive('connection_ack', 'closed with 4403');
  return [body.errors?.map(({ extensions }) => extensions?.code) ?? body.data?.hello.version, type];
}

const accepted = ['V2', 'connection_ack'];
const refused = [['UNAUTHENTICATED'], 'closed with 4403'];

describe('a token is refused over HTTP and WebSocket,', () => {
  test.each([...ofTheSignature, ...ofTheClaims])('forged: %s', async (_, make) => {
    const real = await another();
    expect(await answersTo(`Bearer ${real.forge()}`)).toEqual(accepted);
    expect(await answersTo(`Bearer ${await make(real)}`)).toEqual(refused);
    expect(await answersTo(`Bearer ${real.token}`)).toEqual(accepted);
  });

  test.each(ofTheSession)('once good: %s', async (_, make) => {
    const real = await another();
    expect(await answersTo(`Bearer ${real.forge()}`)).toEqual(accepted);
    expect(await answersTo(`Bearer ${await make(real)}`)).toEqual(refused);
    expect(await answersTo(`Bearer ${real.forge()}`)).toEqual(refused);
  });

  test.each(headers)('in a header that is malformed: %s', async (_, make) => {
    const { token } = await another();
    expect(await answersTo(`Bearer ${token}`)).toEqual(accepted);
    expect(await answersTo(make(token))).toEqual(refused);
  });
});

test('a token of a previous key is accepted', async () => {
  const real = await another();
  expect(await answersTo(`Bearer ${real.forge({ kid: kids.previous }, {}, previous.privateKey)}`)).toEqual(
    accepted,
  );
});
