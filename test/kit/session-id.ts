import { present } from './unique.ts';

/** The claims of an access token, unverified. */
export function claimsIn(accessToken: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(present(accessToken.split('.')[1]), 'base64url').toString());
}

/** The UUID of the session to which a token belongs. */
export function sessionIdOf({ accessToken }: { readonly accessToken: string }): string {
  return String(claimsIn(accessToken).sid);
}
