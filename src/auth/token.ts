/** A token that is not valid; the message says why, for logs and never for clients. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

/** No token of this server is nearly as long; a longer one is refused unread. */
const longestToken = 4_096;

/**
 * The protected header of a compact JWS (3 parts) or JWE (5 parts), not to be trusted yet.
 * @throws TokenRefused if the token is too long, has another number of parts, or a part is not canonical base64url:
 *   decoders ignore the last bits of a part, so several strings would be the same token
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

/** The times of something that begins now and lives for `ttl` ms: both in whole seconds, as in JWTs (NumericDate). */
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
