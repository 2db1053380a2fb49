import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { RefreshSessionDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Person } from '../kit/seed.ts';
import {
  decrypted,
  encrypted,
  hmac,
  type Json,
  keysOf,
  newKeyPair,
  newSecret,
  partOf,
  signed,
} from './forge.ts';

const { privatePem, privateKey } = newKeyPair();
const secret = newSecret();
const { client, seed, site } = await startApp({ JWT_PRIVATE_KEY: privatePem, JWE_SECRET: secret });
const content = Buffer.from(secret, 'base64');
const inside = (await keysOf(privatePem, secret)).secretFor('refresh token signature');
const outer = { alg: 'dir', enc: 'A256GCM', cty: 'JWT' };

/** A refresh token that the server issued, and its parts. */
class Real {
  readonly person: Person;
  readonly inner: string;
  readonly header: Json;
  readonly claims: Json;

  constructor(person: Person) {
    this.person = person;
    this.inner = decrypted(person.refreshToken, content);
    this.header = partOf(this.inner, 0);
    this.claims = partOf(this.inner, 1);
  }

  /** Forges a token with the server's own keys. */
  forge(header: Json = {}, claims: Json = {}): string {
    return encrypted(
      outer,
      hmac({ ...this.header, ...header }, { ...this.claims, ...claims }, inside),
      content,
    );
  }
}

const now = () => Math.floor(Date.now() / 1_000);
const another = async () => new Real(await seed.user());
const refused = (refreshToken: string) => client.refused(RefreshSessionDocument, { input: { refreshToken } });
const parts = (real: Real, change: (parts: string[]) => (string | undefined)[]) =>
  change(real.person.refreshToken.split('.')).join('.');

const forgeries: [string, (real: Real) => string | Promise<string>][] = [
  ['nothing', () => ''],
  ['zip', ({ inner }) => encrypted({ ...outer, zip: 'DEF' }, deflateRawSync(inner), content)],
  ['zip in the header alone', ({ inner }) => encrypted({ ...outer, zip: 'DEF' }, inner, content)],
  ['a bomb', () => encrypted({ ...outer, zip: 'DEF' }, deflateRawSync(Buffer.alloc(1_000_000)), content)],
  ['alg A256KW', ({ inner }) => encrypted({ ...outer, alg: 'A256KW' }, inner, content)],
  ['alg A256GCMKW', ({ inner }) => encrypted({ ...outer, alg: 'A256GCMKW' }, inner, content)],
  [
    'enc A128GCM',
    ({ inner }) => encrypted({ ...outer, enc: 'A128GCM' }, inner, content.subarray(0, 16), 'aes-128-gcm'),
  ],
  ['enc A256CBC-HS512', ({ inner }) => encrypted({ ...outer, enc: 'A256CBC-HS512' }, inner, content)],
  ['crit', ({ inner }) => encrypted({ ...outer, crit: ['exp'] }, inner, content)],
  ['another secret', ({ inner }) => encrypted(outer, inner, randomBytes(32))],
  [
    'a key of its own inside',
    ({ header, claims }) => encrypted(outer, hmac(header, claims, createSecretKey(randomBytes(32))), content),
  ],
  [
    'JWE_SECRET as the key inside',
    ({ header, claims }) => encrypted(outer, hmac(header, claims, content), content),
  ],
  [
    'alg none inside',
    ({ header, claims }) => {
      const unsigned = [{ ...header, alg: 'none' }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      return encrypted(outer, `${unsigned.join('.')}.`, content);
    },
  ],
  [
    'ES256 by the key of access tokens inside',
    ({ header, claims }) =>
      encrypted(outer, signed({ ...header, alg: 'ES256' }, claims, privateKey), content),
  ],
  ['typ JWT inside', (real) => real.forge({ typ: 'JWT' })],
  ['the typ of access tokens inside', (real) => real.forge({ typ: 'at+jwt' })],
  ['another issuer', (real) => real.forge({}, { iss: 'https://evil.test' })],
  ['the audience of access tokens', (real) => real.forge({}, { aud: 'questline' })],
  ['a list of audiences', (real) => real.forge({}, { aud: [real.claims.aud] })],
  ['expired just now', (real) => real.forge({}, { exp: now() })],
  ['not yet valid', (real) => real.forge({}, { nbf: now() + 600 })],
  ['no expiry', (real) => real.forge({}, { exp: undefined })],
  ['a token that never was', (real) => real.forge({}, { sid: randomUUID() })],
  ['the session of another account', async (real) => real.forge({}, { sid: (await another()).claims.sid })],
  [
    'another account with this session',
    async (real) => real.forge({}, { sub: (await another()).claims.sub }),
  ],
  ['the access token', ({ person }) => person.accessToken],
  ['the access token in a JWE', ({ person }) => encrypted(outer, person.accessToken, content)],
  ['the inner token alone', ({ inner }) => inner],
  ['truncated', ({ person }) => person.refreshToken.slice(0, -4)],
  ['an encrypted key', (real) => parts(real, ([header, , ...rest]) => [header, 'AAAA', ...rest])],
  [
    'a tag of zeros',
    (real) => parts(real, (all) => [...all.slice(0, 4), Buffer.alloc(16).toString('base64url')]),
  ],
  ['a short tag', (real) => parts(real, (all) => [...all.slice(0, 4), all[4]?.slice(0, 6)])],
  [
    'another nonce',
    (real) => parts(real, (all) => [all[0], all[1], randomBytes(12).toString('base64url'), all[3], all[4]]),
  ],
  ['8 KiB', (real) => real.forge({}, { more: 'x'.repeat(8_192) })],
];

test.each(forgeries)('a forged refresh token is refused, and harms nobody: %s', async (_, make) => {
  const real = await another();
  const forged = await make(real);
  const before = await site.contents('session', 'refresh_token');
  expect(await refused(forged)).toEqual([['TOKEN_INVALID', 'input.refreshToken']]);
  expect(await site.contents('session', 'refresh_token')).toBe(before);
  // The unchanged token, made the same way with the server's own keys.
  expect(await refused(real.forge())).toEqual([]);
  expect(await refused(real.person.refreshToken)).toEqual([]);
});
