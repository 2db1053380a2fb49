import { createPrivateKey, createPublicKey } from 'node:crypto';

/**
 * Secrets that specifications and web pages publish to show their form: whoever knows them could sign anyone in. Public
 * keys are listed by their `x`, in base64url.
 */
const publishedKeys: ReadonlySet<string> = new Set([
  // RFC 7515, A.3; RFC 7517, A.2.
  'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  // jwt.io, ES256.
  'EVs_o5-uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf84',
]);

/** 32 bytes as base64url: RFC 7516, A.1, and RFC 7520, 3.5. */
const publishedSecrets: ReadonlySet<string> = new Set([
  'saH0gFSP4XM_tAP_a5rU9ooHbltwLiJpL4LLLnrqQPw',
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
]);

/** Random secrets have about 30; so few occur once in 10^20 times. */
const fewestDifferentBytes = 12;

/** Why 32 bytes are not random, such as chosen by a person or known to everyone; undefined if they may be random. */
export function weaknessOfSecret(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (publishedSecrets.has(bytes.toString('base64url'))) return 'is a published example';
  if (new Set(bytes).size < fewestDifferentBytes) return 'repeats a few bytes';
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f)) return 'is a text';
  const step = (bytes[1] ?? 0) - (bytes[0] ?? 0);
  if (bytes.every((byte, index) => index === 0 || ((byte - (bytes[index - 1] ?? 0) - step) & 0xff) === 0))
    return 'is a sequence';
  return undefined;
}

/** The same for a well-formed private key in PEM. */
export function weaknessOfPrivateKey(pem: string): string | undefined {
  const { x = '' } = createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' });
  return publishedKeys.has(x) ? 'is a published example' : undefined;
}

/** The password in .env.example and on many web pages. */
export function weaknessOfDatabaseUrl(url: string): string | undefined {
  return new URL(url).password === 'secret' ? 'uses the password of the example' : undefined;
}
