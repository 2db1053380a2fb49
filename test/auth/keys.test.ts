import { execFile } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { loadKeys } from '../../src/auth/keys.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'questline-keys-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newDataDir = () => join(root, randomBytes(6).toString('hex'), 'data');

function pemPair(curve = 'P-256') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    sec1Pem: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

describe('keys in the data directory', () => {
  test('20 calls in 4 processes at once come to hold the same, and nothing is left beside it', async () => {
    const dataDir = newDataDir();
    const script = join(import.meta.dirname, 'key-process.ts');
    const outputs = await Promise.all(
      Array.from({ length: 4 }, () => promisify(execFile)(process.execPath, [script, dataDir])),
    );
    const seen = outputs.flatMap(({ stdout }) =>
      z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(stdout)),
    );
    expect(seen).toHaveLength(20);
    expect(new Set(seen.map((pair) => pair.join())).size).toBe(1);
    expect((await readdir(join(dataDir, 'keys'))).sort()).toEqual(['jwe-secret', 'jwt-private-key.pem']);
  });

  test('are for their owner alone, while the data directory keeps its usual rights', async () => {
    const dataDir = newDataDir();
    await loadKeys({ dataDir, previousPublicKeys: [] });
    const rights = async (...path: string[]) => (await stat(join(dataDir, ...path))).mode & 0o777;
    expect(await rights('keys', 'jwt-private-key.pem')).toBe(0o600);
    expect(await rights('keys', 'jwe-secret')).toBe(0o600);
    expect(await rights('keys')).toBe(0o700);
    expect(await rights()).toBe(0o777 & ~process.umask());
  });

  test('are not made where both settings are given', async () => {
    const dataDir = newDataDir();
    const secret = randomBytes(32).toString('base64');
    await loadKeys({ dataDir, privateKey: pemPair().privatePem, secret, previousPublicKeys: [] });
    await expect(stat(dataDir)).rejects.toThrow('ENOENT');
  });

  test('that are no keys are refused by the name of their file, without their content', async () => {
    const dataDir = newDataDir();
    await loadKeys({ dataDir, previousPublicKeys: [] });
    await writeFile(join(dataDir, 'keys', 'jwe-secret'), 'c2hvcnQ=');
    await expect(loadKeys({ dataDir, previousPublicKeys: [] })).rejects.toThrow(
      /^DATA_DIR: its file keys\/jwe-secret holds something other than 32 bytes in base64; (?!.*c2hvcnQ)/,
    );
    await writeFile(join(dataDir, 'keys', 'jwt-private-key.pem'), 'not a key');
    await expect(loadKeys({ dataDir, previousPublicKeys: [] })).rejects.toThrow(
      /^DATA_DIR: its file keys\/jwt-private-key\.pem holds no private key .+; (?!.*not a key)/,
    );
  });
});

describe('keys from the settings', () => {
  const load = (overrides: Partial<Parameters<typeof loadKeys>[0]>) =>
    loadKeys({
      dataDir: newDataDir(),
      privateKey: pemPair().privatePem,
      secret: randomBytes(32).toString('base64'),
      previousPublicKeys: [],
      ...overrides,
    });

  test('the kid is the RFC 7638 thumbprint, whichever form the PEM has', async () => {
    const { privatePem, sec1Pem } = pemPair();
    const [pkcs8, sec1] = await Promise.all([
      load({ privateKey: privatePem }),
      load({ privateKey: sec1Pem }),
    ]);
    const { x, y } = createPublicKey(privatePem).export({ format: 'jwk' });
    const thumbprint = createHash('sha256')
      .update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)
      .digest('base64url');
    expect(pkcs8.signing.kid).toBe(thumbprint);
    expect(sec1.signing.kid).toBe(thumbprint);
  });

  test('the JWKS holds the present key, then the previous ones, each once and none of them private', async () => {
    const [present, previous] = [pemPair(), pemPair()];
    const { jwks, signing, verifying } = await load({
      privateKey: present.privatePem,
      previousPublicKeys: [previous.publicPem, previous.publicPem, present.publicPem],
    });
    expect(jwks.keys).toHaveLength(2);
    expect(jwks.keys[0]?.kid).toBe(signing.kid);
    expect([...verifying.keys()]).toEqual(jwks.keys.map(({ kid }) => kid));
    for (const jwk of jwks.keys) {
      expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    }
    const key = createPublicKey({ key: { ...jwks.keys[0] }, format: 'jwk' });
    expect(verify(null, Buffer.from('text'), key, sign(null, Buffer.from('text'), signing.key))).toBe(true);
  });

  test.each([
    ['a private key of another curve', { privateKey: pemPair('P-384').privatePem }, /^JWT_PRIVATE_KEY /],
    [
      'an Ed25519 key',
      {
        privateKey: generateKeyPairSync('ed25519')
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString(),
      },
      /^JWT_PRIVATE_KEY /,
    ],
    ['a public key for a private one', { privateKey: pemPair().publicPem }, /^JWT_PRIVATE_KEY /],
    [
      'a previous key of another curve',
      { previousPublicKeys: [pemPair('secp256k1').publicPem] },
      /^JWT_PREVIOUS_PUBLIC_KEYS /,
    ],
    ['a previous key that is none', { previousPublicKeys: ['nothing'] }, /^JWT_PREVIOUS_PUBLIC_KEYS /],
    ['a secret of 31 bytes', { secret: randomBytes(31).toString('base64') }, /^JWE_SECRET /],
  ])('%s is refused by the name of its setting', async (_, overrides, message) => {
    await expect(load(overrides)).rejects.toThrow(message);
  });

  test('each purpose has a secret of its own, the same at each start, and none is the secret itself', async () => {
    const secret = randomBytes(32).toString('base64');
    const [one, two] = await Promise.all([load({ secret }), load({ secret })]);
    const bytes = (purpose: string, keys = one) => keys.secretFor(purpose).export().toString('base64');
    expect(bytes('a')).toBe(bytes('a', two));
    expect(new Set([bytes('a'), bytes('b'), secret]).size).toBe(3);
    expect(one.encryption.export().toString('base64')).toBe(secret);
  });

  test('key files hold what was made', async () => {
    const dataDir = newDataDir();
    const made = await loadKeys({ dataDir, previousPublicKeys: [] });
    const privateKey = await readFile(join(dataDir, 'keys', 'jwt-private-key.pem'), 'utf8');
    const again = await load({ privateKey });
    expect(again.signing.kid).toBe(made.signing.kid);
  });
});
