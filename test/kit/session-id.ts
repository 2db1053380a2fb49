import { present } from './unique.ts';

/** What an access token says, unverified. */
export function claimsIn(accessToken: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(present(accessToken.split('.')[1]), 'base64url').toString());
}

/** The UUID of the session that a token is of. */
export function sessionIdOf({ accessToken }: { readonly accessToken: string }): string {
  return String(claimsIn(accessToken).sid);
}
