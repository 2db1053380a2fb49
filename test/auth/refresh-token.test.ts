import { createSecretKey, generateKeyPairSync, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { CompactEncrypt, compactDecrypt, SignJWT } from 'jose';
import { v7 } from 'uuid';
import { beforeAll, describe, expect, test } from 'vitest';
import { AccessTokens } from '../../src/auth/access-token.ts';
import { type Keys, loadKeys } from '../../src/auth/keys.ts';
import { RefreshTokens } from '../../src/auth/refresh-token.ts';
import { TokenRefused } from '../../src/auth/token.ts';

const issuer = 'https://questline.test';
const iat = Date.UTC(2026, 10, 21, 10) / 1_000;
const exp = iat + 30 * 86_400;
const grant = {
  id: v7(),
  sessionId: v7(),
  accountId: v7(),
  issuedAt: new Date(iat * 1_000),
  expiresAt: new Date(exp * 1_000),
};

let now = iat * 1_000;
let keys: Keys;
const newKeys = () =>
  loadKeys({
    privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
    secret: randomBytes(32).toString('base64'),
    previousPublicKeys: [],
    dataDir: tmpdir(),
  });
const tokensOf = (given = keys) => new RefreshTokens({ keys: given, issuer, now: () => now });

beforeAll(async () => {
  keys = await newKeys();
});

const claimsOf = () => ({
  iss: issuer,
  aud: 'questline/refresh',
  jti: grant.id,
  sid: grant.sessionId,
  sub: grant.accountId,
  iat,
  exp,
});

interface Forgery {
  readonly claims?: object;
  readonly inner?: object;
  readonly signature?: KeyObject;
  readonly outer?: object;
  readonly encryption?: KeyObject;
  /** The plaintext of the JWE, if it is not a JWT. */
  readonly plaintext?: string;
}

/** A token made with our own keys, so that only the change can be why it is refused. */
async function forge({
  claims,
  inner,
  signature,
  outer,
  encryption,
  plaintext,
}: Forgery = {}): Promise<string> {
  const signed = await new SignJWT({ ...claimsOf(), ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt', ...inner })
    .sign(signature ?? keys.secretFor('refresh token signature'));
  return new CompactEncrypt(Buffer.from(plaintext ?? signed))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', ...outer })
    .encrypt(encryption ?? keys.encryption);
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
async function withHeader(header: object): Promise<string> {
  const [, ...rest] = (await forge()).split('.');
  return [base64url(header), ...rest].join('.');
}
async function withPart(index: number, change: (part: string) => string): Promise<string> {
  return (await forge())
    .split('.')
    .map((part, at) => (at === index ? change(part) : part))
    .join('.');
}

describe('a refresh token', () => {
  test('is a JWE, dir and A256GCM without compression, around a JWT', async () => {
    const token = await tokensOf().issue(grant);
    const { plaintext, protectedHeader } = await compactDecrypt(token, keys.encryption);
    expect(protectedHeader).toEqual({ alg: 'dir', enc: 'A256GCM', cty: 'JWT' });
    const [header, payload] = Buffer.from(plaintext).toString().split('.');
    expect(JSON.parse(Buffer.from(header ?? '', 'base64url').toString())).toEqual({
      alg: 'HS256',
      typ: 'rt+jwt',
    });
    expect(JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())).toEqual(claimsOf());
  });

  test('says what its row says', async () => {
    now = iat * 1_000;
    expect(await tokensOf().verify(await tokensOf().issue(grant))).toEqual(grant);
  });

  test('is the same string for the same row, and its nonce another for every other row', async () => {
    const nonceOf = (token: string) => token.split('.')[2];
    const token = await tokensOf().issue(grant);
    expect(await tokensOf().issue(grant)).toBe(token);
    const other = await tokensOf().issue({ ...grant, id: v7() });
    expect(nonceOf(other)).not.toBe(nonceOf(token));
    const elsewhere = await new RefreshTokens({ keys, issuer: 'https://other.test' }).issue(grant);
    expect(nonceOf(elsewhere)).not.toBe(nonceOf(token));
  });

  test('is good until the last millisecond and not one longer', async () => {
    const token = await tokensOf().issue(grant);
    now = exp * 1_000 - 1;
    expect((await tokensOf().verify(token)).id).toBe(grant.id);
    now = exp * 1_000;
    await expect(tokensOf().verify(token)).rejects.toThrow(TokenRefused);
  });
});

const forged: [string, () => Promise<string>][] = [
  ['nothing', async () => ''],
  [
    'an access token',
    async () =>
      new AccessTokens({ keys, issuer, ttl: 900_000, now: () => now }).issue({ ...grant, role: 'USER' })
        .token,
  ],
  [
    'a bare JWT',
    async () =>
      new SignJWT(claimsOf())
        .setProtectedHeader({ alg: 'HS256', typ: 'rt+jwt' })
        .sign(keys.secretFor('refresh token signature')),
  ],
  ['longer than any of ours', () => forge({ claims: { more: 'x'.repeat(4_096) } })],
  ['zip', () => forge({ outer: { zip: 'DEF' } })],
  [
    'zip written into the header afterwards',
    () => withHeader({ alg: 'dir', enc: 'A256GCM', cty: 'JWT', zip: 'DEF' }),
  ],
  ['A256GCMKW', () => forge({ outer: { alg: 'A256GCMKW' } })],
  ['A256KW', () => forge({ outer: { alg: 'A256KW' } })],
  ['A128CBC-HS256, whose key is as long', () => forge({ outer: { enc: 'A128CBC-HS256' } })],
  ['no cty', () => forge({ outer: { cty: undefined } })],
  ['another header than was encrypted', () => withHeader({ cty: 'JWT', alg: 'dir', enc: 'A256GCM' })],
  ['a kid', () => forge({ outer: { kid: '1' } })],
  ['another secret', async () => forge({ encryption: (await newKeys()).encryption })],
  ['another tag', () => withPart(4, (tag) => `${tag.startsWith('A') ? 'B' : 'A'}${tag.slice(1)}`)],
  [
    'a shorter tag',
    () => withPart(4, (tag) => Buffer.from(tag, 'base64url').subarray(0, 12).toString('base64url')),
  ],
  ['another nonce', () => withPart(2, () => randomBytes(12).toString('base64url'))],
  ['an encrypted key', () => withPart(1, () => randomBytes(40).toString('base64url'))],
  ['another spelling of the tag', () => withPart(4, (tag) => `${tag}==`)],
  ['truncated', async () => (await forge()).slice(0, -4)],
  ['text that is no JWT', () => forge({ plaintext: 'text' })],
  [
    'an unsigned JWT',
    () => forge({ plaintext: `${base64url({ alg: 'none', typ: 'rt+jwt' })}.${base64url(claimsOf())}.` }),
  ],
  ['signed with the secret itself', () => forge({ signature: keys.encryption })],
  [
    'signed for another purpose',
    () =>
      forge({ signature: createSecretKey(Buffer.from(hkdfSync('sha256', keys.encryption, '', 'x', 32))) }),
  ],
  ['HS512', () => forge({ inner: { alg: 'HS512' }, signature: createSecretKey(randomBytes(64)) })],
  ['the typ of an access token', () => forge({ inner: { typ: 'at+jwt' } })],
  ['no typ', () => forge({ inner: { typ: undefined } })],
  ['the audience of an access token', () => forge({ claims: { aud: 'questline' } })],
  ['two audiences', () => forge({ claims: { aud: ['questline/refresh', 'questline'] } })],
  ['another issuer', () => forge({ claims: { iss: 'https://evil.test' } })],
  ['expired', () => forge({ claims: { exp: iat } })],
  ['no expiry', () => forge({ claims: { exp: undefined } })],
  ['not yet valid', () => forge({ claims: { nbf: iat + 1 } })],
  ['no jti', () => forge({ claims: { jti: undefined } })],
  ['a jti that is no uuid', () => forge({ claims: { jti: '1' } })],
  ['no session', () => forge({ claims: { sid: undefined } })],
  ['a subject that is no uuid', () => forge({ claims: { sub: 'user_1' } })],
];

describe('refused:', () => {
  test('(what is forged is refused for its forgery alone)', async () => {
    now = iat * 1_000;
    expect(await tokensOf().verify(await forge())).toEqual(grant);
  });

  test.each(forged)('%s', async (_, make) => {
    now = iat * 1_000;
    const token = await make();
    await expect(tokensOf().verify(token)).rejects.toThrow(TokenRefused);
  });
});
