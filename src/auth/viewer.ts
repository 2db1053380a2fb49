import { ApiError } from '../domain/errors.ts';
import type { Role } from '../entities/account.entity.ts';
import type { AccessClaims, AccessTokens } from './access-token.ts';
import { TokenRefused } from './token.ts';

/** Who is signed in, and until when that is known. */
export interface Viewer {
  /** The account's uuid. */
  readonly accountId: string;
  readonly sessionId: string;
  readonly role: Role;
  /** When the token was issued: one from before the account's tokens were ended is good for nothing. */
  readonly issuedAt: Date;
  /** When the token expires: from that moment on it is good for nothing. */
  readonly expiresAt: Date;
}

/** Whoever writes, as far as that decides what they may change. */
export type Writer = Pick<Viewer, 'accountId' | 'role'>;

/** What is asked of sessions for each request. */
export interface SessionLiveness {
  isLive(claims: AccessClaims): Promise<boolean>;
  touch(sessionId: string): Promise<void>;
}

/** Hears of everybody who has shown who they are; it neither waits nor throws. */
export type NoteActive = (accountId: string) => void;

/**
 * Tells who speaks, from the header `Authorization` or, on a WebSocket, from the same string in a payload.
 * @returns null where there is none at all
 * @throws ApiError UNAUTHENTICATED where there is one that is not good, without saying why
 */
export type Authenticate = (authorization: unknown) => Promise<Viewer | null>;

/** Makes the one way by which HTTP and WebSocket learn who speaks. */
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

/** What every token gets that is good no longer. */
export function unauthenticated(): ApiError {
  return new ApiError(
    'UNAUTHENTICATED',
    'The access token is invalid or has expired. Sign in, or refresh the session.',
  );
}
