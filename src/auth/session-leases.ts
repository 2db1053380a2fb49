import { LRUCache } from 'lru-cache';
import type { AccessClaims } from './access-token.ts';

/** What the access tokens of a live session may say. */
export interface SessionStanding {
  readonly accountId: string;
  readonly role: string;
  /** NumericDate: tokens that were issued before it are ended; 0 if none are. */
  readonly tokensValidFrom: number;
}

/**
 * What PostgreSQL said about sessions, for a short time (Gray and Cheriton, "Leases", SOSP 1989). A lease can only say
 * that a session is live; about everything else PostgreSQL is asked.
 */
export interface SessionLeases {
  /** The lease of a session; null if there is none, or none can be read. Never throws. */
  find(sessionId: string): Promise<SessionStanding | null>;
  /**
   * Asks PostgreSQL, and keeps the answer as a lease, unless the session was withdrawn. The lease lasts for `leaseTime`
   * from before PostgreSQL was asked.
   * @param ask returns null if the session is not live
   * @throws what `ask` threw
   */
  renew(sessionId: string, ask: () => Promise<SessionStanding | null>): Promise<SessionStanding | null>;
  /**
   * Ends the leases of sessions, and keeps callers who are asking PostgreSQL at this moment from putting new ones. It
   * says nothing about the sessions: PostgreSQL is asked from then on. Never throws.
   * @returns false if leases may be left, which then end by themselves within `leaseTime`
   */
  withdraw(sessionIds: readonly string[]): Promise<boolean>;
}

/**
 * In ms. If a lease cannot be withdrawn, it takes at most this long to end the session, and whoever ends it waits for
 * that. PostgreSQL is asked about a session in use at most once in this time.
 */
export const leaseTime = 3_000;

/** Whether the token is for this session's account and role, and was not issued before its tokens were ended. */
export function allows({ accountId, role, tokensValidFrom }: SessionStanding, claims: AccessClaims): boolean {
  return (
    accountId === claims.accountId &&
    role === claims.role &&
    claims.issuedAt.getTime() >= tokensValidFrom * 1_000
  );
}

const mostLeases = 10_000;

/** The leases of a process that serves alone. */
export class InProcessLeases implements SessionLeases {
  readonly #leases = new LRUCache<string, SessionStanding>({ max: mostLeases });
  #withdrawals = 0;

  async find(sessionId: string): Promise<SessionStanding | null> {
    return this.#leases.get(sessionId) ?? null;
  }

  async renew(
    sessionId: string,
    ask: () => Promise<SessionStanding | null>,
  ): Promise<SessionStanding | null> {
    const withdrawals = this.#withdrawals;
    const asked = performance.now();
    const standing = await ask();
    const ttl = asked + leaseTime - performance.now();
    // A withdrawal meanwhile, of any session, may have made the answer outdated.
    if (standing !== null && ttl > 0 && withdrawals === this.#withdrawals)
      this.#leases.set(sessionId, standing, { ttl });
    return standing;
  }

  async withdraw(sessionIds: readonly string[]): Promise<boolean> {
    this.#withdrawals += 1;
    for (const sessionId of sessionIds) this.#leases.delete(sessionId);
    return true;
  }
}
