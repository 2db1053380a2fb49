import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { tmpdir } from 'node:os';
import { v7 } from 'uuid';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { AccessTokens } from '../../src/auth/access-token.ts';
import { type Keys, loadKeys } from '../../src/auth/keys.ts';
import { RefreshTokens } from '../../src/auth/refresh-token.ts';
import { TokenRefused } from '../../src/auth/token.ts';
import { toId } from '../../src/domain/ids.ts';

const issuer = 'https://questline.test';
/** 2026-11-21T10:00:00.250Z; tokens use whole seconds, rounded down. */
const start = Date.UTC(2026, 10, 21, 10, 0, 0, 250);
const iat = Math.floor(start / 1_000);
const grant = { accountId: v7(), sessionId: v7(), role: 'USER' } as const;

let keys: Keys;
let now = start;
let tokens: AccessTokens;

function newPem(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

const keysOf = (privateKey: string, previousPublicKeys: string[] = []) =>
  loadKeys({ privateKey, previousPublicKeys, secret: randomBytes(32).toString('base64'), dataDir: tmpdir() });
const tokensOf = (options: Partial<ConstructorParameters<typeof AccessTokens>[0]> = {}) =>
  new AccessTokens({ keys, issuer, ttl: 900_000, now: () => now, ...options });

beforeAll(async () => {
  keys = await keysOf(newPem().privatePem);
});

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const goodHeader = () => ({ alg: 'ES256', typ: 'at+jwt', kid: keys.signing.kid });
const goodClaims = () => ({
  iss: issuer,
  aud: 'questline',
  sub: toId('user', grant.accountId),
  sid: grant.sessionId,
  role: 'USER',
  iat,
  exp: iat + 900,
});

/** A token signed with our own key, so that only the change can be why it is refused. */
function forge(header: object = {}, claims: object = {}, key: KeyObject = keys.signing.key): string {
  const body = `${base64url({ ...goodHeader(), ...header })}.${base64url({ ...goodClaims(), ...claims })}`;
  return `${body}.${sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

describe('an access token', () => {
  test('carries exactly the header and the claims of the contract', () => {
    now = start;
    const { token, expiresAt } = tokensOf().issue(grant);
    const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toEqual(goodHeader());
    expect(JSON.parse(payload ?? '')).toEqual(goodClaims());
    expect(expiresAt.getTime()).toBe((iat + 900) * 1_000);
  });

  test('tells whom it speaks for', () => {
    now = start;
    const { token, expiresAt } = tokensOf().issue({ ...grant, role: 'ADMIN' });
    expect(tokensOf().verify(token)).toEqual({
      ...grant,
      role: 'ADMIN',
      issuedAt: new Date(iat * 1_000),
      expiresAt,
    });
  });

  test.each([
    ['when it is verified for the first time', () => tokensOf()],
    ['when it was verified before', () => tokens],
  ])('is good until the last millisecond and not one longer, %s', (_, verifier) => {
    tokens = tokensOf();
    now = start;
    const { token, expiresAt } = tokens.issue(grant);
    tokens.verify(token);
    now = expiresAt.getTime() - 1;
    expect(verifier().verify(token).sessionId).toBe(grant.sessionId);
    now = expiresAt.getTime();
    expect(() => verifier().verify(token)).toThrow(TokenRefused);
  });

  test('is verified again after a minute, and not before', () => {
    now = start;
    const get = vi.spyOn(keys.verifying, 'get');
    const verifier = tokensOf();
    const { token } = verifier.issue(grant);
    verifier.verify(token);
    now = start + 59_999;
    verifier.verify(token);
    expect(get).toHaveBeenCalledTimes(1);
    now = start + 60_000;
    verifier.verify(token);
    expect(get).toHaveBeenCalledTimes(2);
    get.mockRestore();
  });

  test('of a previous key is good after a rotation, and no longer once that key is left out', async () => {
    now = start;
    const [old, present] = [newPem(), newPem()];
    const { token } = tokensOf({ keys: await keysOf(old.privatePem) }).issue(grant);
    const rotated = tokensOf({ keys: await keysOf(present.privatePem, [old.publicPem]) });
    expect(rotated.verify(token).accountId).toBe(grant.accountId);
    const done = tokensOf({ keys: await keysOf(present.privatePem) });
    expect(() => done.verify(token)).toThrow(TokenRefused);
  });

  test('may come from an instance whose clock is a little ahead', () => {
    now = start;
    expect(tokensOf().verify(forge({}, { iat: iat + 5 })).role).toBe('USER');
  });
});

const without = (claim: string) => forge({}, { [claim]: undefined });
const lastCharacterNext = (token: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + alphabet.charAt(alphabet.indexOf(token.slice(-1)) + 1);
};
const otherParts = (take: (good: string[], other: string[]) => (string | undefined)[]) =>
  take(forge().split('.'), forge({}, { role: 'ADMIN' }).split('.')).join('.');
const hmac = (secret: string | Buffer) => {
  const body = `${base64url({ ...goodHeader(), alg: 'HS256' })}.${base64url(goodClaims())}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
};
const publicPem = () =>
  keys.verifying.get(keys.signing.kid)?.export({ type: 'spki', format: 'pem' }).toString() ?? '';
const unsigned = (alg: string) => `${base64url({ ...goodHeader(), alg })}.${base64url(goodClaims())}.`;
const refreshToken = () =>
  new RefreshTokens({ keys, issuer, now: () => now }).issue({
    id: v7(),
    sessionId: grant.sessionId,
    accountId: grant.accountId,
    issuedAt: new Date(iat * 1_000),
    expiresAt: new Date((iat + 900) * 1_000),
  });

const forged: [string, () => string | Promise<string>][] = [
  ['nothing', () => ''],
  ['two parts', () => forge().split('.').slice(0, 2).join('.')],
  ['four parts', () => `${forge()}.x`],
  ['longer than any of ours', () => forge({}, { more: 'x'.repeat(4_096) })],
  ['alg none without a signature', () => unsigned('none')],
  ['alg None in another case', () => unsigned('NONE')],
  ['ES256 with an empty signature', () => unsigned('ES256')],
  ['HS256 with the public key as its secret', () => hmac(publicPem())],
  ['HS256 with the public key, trimmed', () => hmac(publicPem().trim())],
  ['alg ES384', () => forge({ alg: 'ES384' })],
  ['alg as a list', () => forge({ alg: ['ES256'] })],
  ['typ JWT', () => forge({ typ: 'JWT' })],
  ['no typ', () => forge({ typ: undefined })],
  ['the typ of a refresh token', () => forge({ typ: 'rt+jwt' })],
  ['no kid', () => forge({ kid: undefined })],
  ['an unknown kid', () => forge({ kid: 'A'.repeat(43) })],
  ['a kid that every object has', () => forge({ kid: '__proto__' })],
  ['a key of its own in the header', () => forge({ jwk: { kty: 'EC' } })],
  ['crit', () => forge({ crit: ['exp'] })],
  ['jku', () => forge({ jku: 'https://evil.test/jwks.json' })],
  ['our kid, signed with another key', () => forge({}, {}, createPrivateKey(newPem().privatePem))],
  ['the signature of another token', () => otherParts((good, other) => [good[0], good[1], other[2]])],
  ['the claims of another token', () => otherParts((good, other) => [good[0], other[1], good[2]])],
  ['a truncated signature', () => forge().slice(0, -2)],
  ['a longer signature', () => `${forge()}AA`],
  ['the last character changed where decoders do not look', () => lastCharacterNext(forge())],
  ['padding', () => `${forge()}==`],
  ['a line break', () => `${forge()}\n`],
  [
    'a signature in DER',
    () => {
      const body = `${base64url(goodHeader())}.${base64url(goodClaims())}`;
      return `${body}.${sign('sha256', Buffer.from(body), keys.signing.key).toString('base64url')}`;
    },
  ],
  ['another issuer', () => forge({}, { iss: 'https://evil.test' })],
  ['no issuer', () => without('iss')],
  ['another audience', () => forge({}, { aud: 'questline/refresh' })],
  ['a list of audiences', () => forge({}, { aud: ['questline', 'other'] })],
  ['no audience', () => without('aud')],
  ['expired', () => forge({}, { iat: iat - 900, exp: iat })],
  ['no expiry', () => without('exp')],
  ['an expiry in words', () => forge({}, { exp: '2099-01-01' })],
  ['an expiry that is null', () => forge({}, { exp: null })],
  ['an endless expiry', () => forge({}, { exp: 1e300 })],
  ['an expiry before its issue', () => forge({}, { iat: iat + 3, exp: iat + 2 })],
  ['not yet valid', () => forge({}, { nbf: iat + 1 })],
  ['nbf in words', () => forge({}, { nbf: 'now' })],
  ['issued in the future', () => forge({}, { iat: iat + 6 })],
  ['no time of issue', () => without('iat')],
  ['no subject', () => without('sub')],
  ['a subject of another type', () => forge({}, { sub: toId('account', grant.accountId) })],
  ['a subject that is a uuid', () => forge({}, { sub: grant.accountId })],
  ['no session', () => without('sid')],
  ['a session that is no uuid', () => forge({}, { sid: "' or true --" })],
  ['an unknown role', () => forge({}, { role: 'ROOT' })],
  ['several roles', () => forge({}, { role: ['ADMIN'] })],
  ['no role', () => without('role')],
  [
    'claims that are no object',
    () => {
      const body = `${base64url(goodHeader())}.${base64url('text')}`;
      const signature = sign('sha256', Buffer.from(body), {
        key: keys.signing.key,
        dsaEncoding: 'ieee-p1363',
      });
      return `${body}.${signature.toString('base64url')}`;
    },
  ],
  ['a header that is no JSON', () => ['e30x', ...forge().split('.').slice(1)].join('.')],
  ['a refresh token', refreshToken],
];

describe('refused:', () => {
  test('(what is forged is refused for its forgery alone)', () => {
    now = start;
    expect(tokensOf().verify(forge()).accountId).toBe(grant.accountId);
  });

  test.each(forged)('%s', async (_, make) => {
    now = start;
    const token = await make();
    expect(() => tokensOf().verify(token)).toThrow(TokenRefused);
  });

  test('a forgery of a token that was verified before', () => {
    now = start;
    const verifier = tokensOf();
    const token = forge();
    verifier.verify(token);
    expect(() => verifier.verify(lastCharacterNext(token))).toThrow(TokenRefused);
  });
});
