/** A token that is not good; the message says why, for logs and never for clients. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** No token of ours comes near it; what is longer is refused unread. */
const longestToken = 4_096;

/**
 * The protected header of a compact JWS (3 parts) or JWE (5 parts), not yet to be trusted.
 * @throws TokenRefused where the token is too long, has another number of parts, or a part is not base64url in its
 *   one spelling: decoders ignore the last bits of a part, so that several strings would be the same token.
 */
export function headerOf(token: string, parts: 3 | 5): unknown {
  if (token.length > longestToken) throw new TokenRefused('The token is too long.');
  const encoded = token.split('.');
  if (encoded.length !== parts) throw new TokenRefused(`The token has not ${parts} parts.`);
  for (const part of encoded) {
    if (Buffer.from(part, 'base64url').toString('base64url') !== part) {
      throw new TokenRefused('The token is not in canonical base64url.');
    }
  }
  try {
    return JSON.parse(Buffer.from(encoded[0] ?? '', 'base64url').toString());
  } catch (cause) {
    throw new TokenRefused('The header is not JSON.', { cause });
  }
}

/** When something that begins now and lives for `ttl` ms ends: both in whole seconds, as JWTs have them (NumericDate). */
export function lifetime(now: number, ttl: number): { issuedAt: Date; expiresAt: Date } {
  const seconds = Math.floor(now / 1_000);
  return {
    issuedAt: new Date(seconds * 1_000),
    expiresAt: new Date((seconds + Math.max(1, Math.round(ttl / 1_000))) * 1_000),
  };
}

/** A NumericDate of RFC 7519: seconds since 1970. */
export function numericDate(at: Date): number {
  return at.getTime() / 1_000;
}
