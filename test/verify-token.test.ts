import { spawn } from 'node:child_process';
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import jwt from 'jsonwebtoken';
import { beforeAll, expect, test } from 'vitest';
import { AccessTokens } from '../src/auth/access-token.ts';
import { type Keys, loadKeys } from '../src/auth/keys.ts';
import { newUuid } from '../src/domain/ids.ts';
import { SignOutDocument } from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import type { Person } from './kit/seed.ts';
import { present } from './kit/unique.ts';

const app = await startApp();
let person: Person;
let keys: Keys;
beforeAll(async () => {
  person = await app.seed.user();
  const dataDir = present(app.site.variables.DATA_DIR);
  keys = await loadKeys({ previousPublicKeys: [], dataDir });
});

/** What a service prints that checks a token with the example. */
async function verify(token: string, ...more: readonly string[]) {
  const child = spawn(process.execPath, ['examples/verify-token.mjs', token, app.url, ...more]);
  const [[code], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, said: output + errors };
}

const grant = () => ({ accountId: newUuid(), sessionId: newUuid(), role: 'USER' }) as const;
const issued = (options: Partial<ConstructorParameters<typeof AccessTokens>[0]>) =>
  new AccessTokens({ keys, issuer: 'questline', ttl: 900_000, ...options }).issue(grant()).token;

/** A token signed with our own key, so that only the change can be why it is refused. */
function forged(header: object, claims: object = {}): string {
  const good = { iss: 'questline', aud: 'questline', sub: 'user_1', sid: newUuid(), role: 'ADMIN' };
  return jwt.sign({ ...good, ...claims }, keys.signing.key, {
    expiresIn: 900,
    header: { alg: 'ES256', typ: 'at+jwt', kid: keys.signing.kid, ...header },
  });
}

test('the example tells who is signed in, and knows nothing of sessions that have ended', async () => {
  const saying = {
    code: 0,
    said: expect.stringMatching(`^${person.id} is signed in as USER until 20.+Z\\.\n$`),
  };
  expect(await verify(person.accessToken)).toEqual(saying);
  const again = await app.seed.signIn(person);
  await again.client.mutate(SignOutDocument);
  expect(await verify(again.accessToken)).toEqual(saying);
  expect((await verify(forged({}))).code).toBe(0);
});

test.each<[string, () => string]>([
  ['one that has expired', () => issued({ now: () => Date.now() - 900_000 })],
  ['one of another issuer', () => issued({ issuer: 'https://elsewhere.example.com' })],
  ['one of another key', () => jwt.sign({}, foreign(), { algorithm: 'ES256', keyid: 'foreign' })],
  ['one of another key under the name of ours', () => foreignAsOurs()],
  ['one of another type', () => forged({ typ: 'JWT' })],
  ['one for others', () => forged({}, { aud: 'elsewhere' })],
  ['one without a session', () => forged({}, { sid: undefined })],
  ['one by HS256 with the public key', () => byPublicKey()],
  ['a refresh token', () => person.refreshToken],
  ['nothing', () => ''],
])('the example refuses %s', async (_, token) => {
  expect(await verify(token())).toEqual({ code: 1, said: expect.stringMatching(/^Refused: .+\n$/) });
});

test('the example takes the issuer that the server has', async () => {
  const token = issued({ issuer: 'https://api.example.com' });
  expect(await verify(token, 'https://api.example.com')).toMatchObject({ code: 0 });
});

const foreign = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

function foreignAsOurs(): string {
  const other = { keys: { ...keys, signing: { ...keys.signing, key: foreign() } } };
  return issued(other);
}

function byPublicKey(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const [, claims] = forged({}).split('.');
  const body = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: keys.signing.kid })}.${claims}`;
  const secret = createPublicKey(keys.signing.key).export({ type: 'spki', format: 'pem' });
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}
