/** What the page reads from an access token. Only the server verifies it. */
export interface TokenClaims {
  subject: string | null;
  /** In milliseconds; 0 if the token does not say. */
  lifetime: number;
}

/** The claims of a JWT; if the string is not one, the subject is null. */
export function readToken(token: string): TokenClaims {
  const claims = decodePayload(token);
  const issued = numberIn(claims, 'iat');
  const expires = numberIn(claims, 'exp');
  return {
    subject: typeof claims.sub === 'string' ? claims.sub : null,
    lifetime: issued && expires ? (expires - issued) * 1000 : 0,
  };
}

function decodePayload(token: string): Record<string, unknown> {
  const payload = token.split('.')[1];
  if (!payload || !/^[\w-]+$/.test(payload)) return {};
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims === 'object' && claims !== null ? { ...claims } : {};
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return {};
    throw error;
  }
}

function numberIn(claims: Record<string, unknown>, name: string): number | null {
  const value = claims[name];
  return typeof value === 'number' ? value : null;
}
