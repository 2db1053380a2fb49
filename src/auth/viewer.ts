import { ApiError } from '../domain/errors.ts';
import type { Role } from '../entities/account.entity.ts';
import type { AccessClaims, AccessTokens } from './access-token.ts';
import { TokenRefused } from './token.ts';

/** The account that is signed in, and until when. */
export interface Viewer {
  /** The account's uuid. */
  readonly accountId: string;
  readonly sessionId: string;
  readonly role: Role;
  /** When the token was issued: if the account's tokens were ended after that, it is no longer valid. */
  readonly issuedAt: Date;
  /** When the token expires: from that moment on it is not valid. */
  readonly expiresAt: Date;
}

/** The viewer, as far as that decides what they may change. */
export type Writer = Pick<Viewer, 'accountId' | 'role'>;

/** What each request asks about sessions. */
export interface SessionLiveness {
  isLive(claims: AccessClaims): Promise<boolean>;
  touch(sessionId: string): Promise<void>;
}

/** Told of everyone who has shown who they are; it neither waits nor throws. */
export type NoteActive = (accountId: string) => void;

/**
 * Finds the viewer from the header `Authorization` or, on a WebSocket, from the same string in a payload.
 * @returns null if there is none at all
 * @throws ApiError UNAUTHENTICATED if it is not valid, without saying why
 */
export type Authenticate = (authorization: unknown) => Promise<Viewer | null>;

/** Makes the one function by which HTTP and WebSocket find the viewer. */
export function createAuthenticate(
  accessTokens: Pick<AccessTokens, 'verify'>,
  sessions: SessionLiveness,
  note: NoteActive,
): Authenticate {
  return async (authorization) => {
    if (authorization === undefined) return null;
    const claims = claimsOf(authorization, accessTokens);
    if (claims === null || !(await sessions.isLive(claims))) throw unauthenticated();
    await sessions.touch(claims.sessionId);
    note(claims.accountId);
    return claims;
  };
}

/** Asked before each operation of a socket: whether the viewer's session is still live. */
export type IsLive = (viewer: Viewer) => Promise<boolean>;

export function createIsLive(sessions: Pick<SessionLiveness, 'isLive'>, note: NoteActive): IsLive {
  return async (viewer) => {
    const live = await sessions.isLive(viewer);
    if (live) note(viewer.accountId);
    return live;
  };
}

/** RFC 6750, 2.1: the scheme without case, then one space or more. */
const bearer = /^bearer +([\w.~+/=-]+) *$/i;

function claimsOf(authorization: unknown, accessTokens: Pick<AccessTokens, 'verify'>): AccessClaims | null {
  const token = typeof authorization === 'string' ? bearer.exec(authorization)?.[1] : undefined;
  if (token === undefined) return null;
  try {
    return accessTokens.verify(token);
  } catch (error) {
    if (error instanceof TokenRefused) return null;
    throw error;
  }
}

/** The error for every token that is no longer valid. */
export function unauthenticated(): ApiError {
  return new ApiError(
    'UNAUTHENTICATED',
    'The access token is invalid or has expired. Sign in, or refresh the session.',
  );
}
