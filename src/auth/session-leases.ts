import { LRUCache } from 'lru-cache';
import type { AccessClaims } from './access-token.ts';

/** What the access tokens of a live session may say. */
export interface SessionStanding {
  readonly accountId: string;
  readonly role: string;
  /** NumericDate: tokens issued before are ended; 0 where none are. */
  readonly tokensValidFrom: number;
}

/**
 * What PostgreSQL said of sessions, for a short time (Gray and Cheriton, "Leases", SOSP 1989). A lease can only say
 * that a session is live; whatever it does not say, PostgreSQL is asked.
 */
export interface SessionLeases {
  /** The lease of a session; null where there is none, or none can be read. Never throws. */
  find(sessionId: string): Promise<SessionStanding | null>;
  /**
   * Asks PostgreSQL, and keeps what it says as a lease of `leaseTime` from before it was asked, unless the session
   * was withdrawn.
   * @param ask null where the session is not live
   * @throws what `ask` threw
   */
  renew(sessionId: string, ask: () => Promise<SessionStanding | null>): Promise<SessionStanding | null>;
  /**
   * Ends the leases of sessions, and keeps whoever is asking PostgreSQL at this moment from putting new ones. Says
   * nothing of the sessions: PostgreSQL is asked from then on. Never throws.
   * @returns false where leases may be left, which then end by themselves within `leaseTime`
   */
  withdraw(sessionIds: readonly string[]): Promise<boolean>;
}

/**
 * Milliseconds. So long at most does it take to end a session where its lease can't be withdrawn: whoever ends it waits
 * for that. So often, at most, is PostgreSQL asked about a session in use.
 */
export const leaseTime = 3_000;

/** Whether the token is one of this session, for this account and role, and not of before its tokens were ended. */
export function allows({ accountId, role, tokensValidFrom }: SessionStanding, claims: AccessClaims): boolean {
  return (
    accountId === claims.accountId &&
    role === claims.role &&
    claims.issuedAt.getTime() >= tokensValidFrom * 1_000
  );
}

const mostLeases = 10_000;

/** For a process that serves alone. */
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
    // Of whatever session it was, a withdrawal meanwhile may make the answer an old one.
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
