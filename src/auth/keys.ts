import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import { inDataDir, makeDataDir } from '../data-dir.ts';
import { UnusableSetting } from '../unusable-setting.ts';

export interface KeyOptions {
  /** ES256 private key in PEM; if left out, one is made once in `dataDir`. */
  readonly privateKey?: string | undefined;
  /** Public keys in PEM whose tokens are still valid. */
  readonly previousPublicKeys: readonly string[];
  /** 32 bytes in base64; if left out, they are made once in `dataDir`. */
  readonly secret?: string | undefined;
  readonly dataDir: string;
}

/** A public key as other services read it (RFC 7517). */
export interface PublicJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

export interface Keys {
  /** The key that signs, and its RFC 7638 thumbprint. */
  readonly signing: { readonly kid: string; readonly key: KeyObject };
  /** Every public key whose signatures are valid, by thumbprint. */
  readonly verifying: ReadonlyMap<string, KeyObject>;
  /** The body of `/.well-known/jwks.json`: the current key first. */
  readonly jwks: { readonly keys: readonly PublicJwk[] };
  /** The 32 bytes themselves, used only as the content key of JWEs (`dir`). */
  readonly encryption: KeyObject;
  /** 32 bytes for one other purpose: two purposes never share a key (HKDF-SHA256, RFC 5869). */
  secretFor(purpose: string): KeyObject;
}

/**
 * Reads the keys, or makes them once: however many processes start on one directory, they all get the same keys.
 * @throws UnusableSetting if DATA_DIR cannot be used; Error naming the setting that holds no usable key
 */
export async function loadKeys(options: KeyOptions): Promise<Keys> {
  const privateKey =
    options.privateKey ?? (await kept(options.dataDir, 'jwt-private-key.pem', newPrivateKey));
  const secret = options.secret ?? (await kept(options.dataDir, 'jwe-secret', newSecret));
  const signingKey = readPrivateKey(privateKey, options.privateKey === undefined);
  const publicKeys = [createPublicKey(signingKey), ...options.previousPublicKeys.map(readPublicKey)];
  const encryption = readSecret(secret, options.secret === undefined);

  const verifying = new Map<string, KeyObject>();
  const jwks: PublicJwk[] = [];
  for (const key of publicKeys) {
    const jwk = await toJwk(key);
    if (verifying.has(jwk.kid)) continue;
    verifying.set(jwk.kid, key);
    jwks.push(jwk);
  }
  const [present] = jwks;
  if (present === undefined) throw new Error('There is no key to sign with.');
  return {
    signing: { kid: present.kid, key: signingKey },
    verifying,
    jwks: { keys: jwks },
    encryption,
    secretFor: (purpose) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', encryption, '', `questline ${purpose}`, 32))),
  };
}

const coordinates = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() });

async function toJwk(key: KeyObject): Promise<PublicJwk> {
  const jwk = coordinates.parse(key.export({ format: 'jwk' }));
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' };
}

function readPrivateKey(pem: string, fromFile: boolean): KeyObject {
  const what = 'no private key for ES256 (P-256) in PEM';
  return readP256(
    () => createPrivateKey(pem),
    fromFile ? brokenFile('keys/jwt-private-key.pem', what) : new Error(`JWT_PRIVATE_KEY holds ${what}.`),
  );
}

function readPublicKey(pem: string): KeyObject {
  return readP256(
    () => createPublicKey(pem),
    new Error('JWT_PREVIOUS_PUBLIC_KEYS holds no public key for ES256 (P-256) in PEM.'),
  );
}

/** @throws `problem` without its cause, which may quote what was read */
function readP256(read: () => KeyObject, problem: Error): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    throw problem;
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw problem;
  return key;
}

function readSecret(base64: string, fromFile: boolean): KeyObject {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length !== 32) {
    const what = 'something other than 32 bytes in base64';
    throw fromFile ? brokenFile('keys/jwe-secret', what) : new Error(`JWE_SECRET holds ${what}.`);
  }
  return createSecretKey(bytes);
}

function brokenFile(name: string, what: string): UnusableSetting {
  return new UnusableSetting(
    'DATA_DIR',
    `its file ${name} holds ${what}; restore it from a backup, or remove it, which signs everybody out.`,
  );
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function newSecret(): string {
  return randomBytes(32).toString('base64');
}

/** The content of a key file, which is made once, by the first process that comes. */
async function kept(dataDir: string, name: string, make: () => string): Promise<string> {
  return inDataDir(dataDir, async () => {
    // The data directory keeps its usual permissions: the embedded PostgreSQL's user has to pass through it.
    await makeDataDir(dataDir);
    const directory = join(dataDir, 'keys');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, name);
    const existing = await readIfThere(path);
    if (existing !== undefined) return existing;
    await putOnce(path, make());
    return readFile(path, 'utf8');
  });
}

/** Written to another file and linked into place: nobody ever sees half a file, and a second writer changes nothing. */
async function putOnce(path: string, content: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeWhole(draft, content);
    await link(draft, path);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeWhole(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
