import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { loadKeys } from '../../src/auth/keys.ts';
import { present } from '../kit/unique.ts';

/** A key pair in the format of the settings. */
export function newKeyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    publicKey,
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export type KeyPair = ReturnType<typeof newKeyPair>;

/** 32 random bytes in the format of JWE_SECRET. */
export function newSecret(): string {
  return randomBytes(32).toString('base64');
}

/** The keys of a server with these settings. */
export function keysOf(privateKey: string, secret: string) {
  return loadKeys({ privateKey, secret, previousPublicKeys: [], dataDir: '/nowhere' });
}

export type Json = Readonly<Record<string, unknown>>;

export const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A part of a token as JSON. */
export function partOf(token: string, index: number): Json {
  return JSON.parse(Buffer.from(present(token.split('.')[index]), 'base64url').toString());
}

/** A JWS with a valid signature for its key. */
export function signed(header: Json, claims: Json, key: KeyObject, hash = 'sha256'): string {
  const body = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign(hash, Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' });
  return `${body}.${signature.toString('base64url')}`;
}

/** A JWS with HS256. */
export function hmac(header: Json, claims: Json, secret: KeyObject | Buffer | string): string {
  const body = `${encoded(header)}.${encoded(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** A JWE with `dir` and any header. */
export function encrypted(
  header: Json,
  text: Buffer | string,
  secret: Buffer,
  cipher: CipherGCMTypes = gcm256,
): string {
  const iv = randomBytes(12);
  const protectedHeader = encoded(header);
  const encryption = createCipheriv(cipher, secret, iv).setAAD(Buffer.from(protectedHeader));
  const content = Buffer.concat([encryption.update(text), encryption.final()]);
  const parts = [iv, content, encryption.getAuthTag()].map((part) => part.toString('base64url'));
  return [protectedHeader, '', ...parts].join('.');
}

/** The plaintext of a JWE with `dir` and A256GCM. */
export function decrypted(token: string, secret: Buffer): string {
  const [header = '', , iv = '', content = '', tag = ''] = token.split('.');
  const bytes = (part: string) => Buffer.from(part, 'base64url');
  const decryption = createDecipheriv(gcm256, secret, bytes(iv));
  decryption.setAAD(Buffer.from(header)).setAuthTag(bytes(tag));
  return Buffer.concat([decryption.update(bytes(content)), decryption.final()]).toString();
}

const gcm256 = 'aes-256-gcm';
