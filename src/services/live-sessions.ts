import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { AccessClaims } from '../auth/access-token.ts';
import { allows, leaseTime, type SessionLeases, type SessionStanding } from '../auth/session-leases.ts';
import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';

/** The precision of `lastSeenAt`, in ms. */
const touchedEvery = 60_000;
const mostTouched = 10_000;

/** Decides which sessions are live. PostgreSQL knows; leases save asking it for each request. */
export class LiveSessions {
  readonly #db: Db;
  readonly #leases: SessionLeases;
  readonly #touched = new LRUCache<string, true>({ max: mostTouched, ttl: touchedEvery });

  constructor(db: Db, leases: SessionLeases) {
    this.#db = db;
    this.#leases = leases;
  }

  /**
   * Whether an access token's session has not ended, and its account may still do what the token says: a changed role
   * or a suspension ends existing tokens. Does not check the expiry, which is in the token.
   */
  async isLive(claims: AccessClaims): Promise<boolean> {
    const standing = await this.#leases.find(claims.sessionId);
    return (standing !== null && allows(standing, claims)) || this.isLiveNow(claims);
  }

  /** The same without a lease: for a caller that has heard of a change, and will not ask again. */
  async isLiveNow(claims: AccessClaims): Promise<boolean> {
    const { sessionId } = claims;
    const standing = await this.#leases.renew(sessionId, () => this.#standingOf(sessionId));
    return standing !== null && allows(standing, claims);
  }

  /**
   * Ends the leases of sessions that the transaction ends, or whose tokens it ends: before the commit, in case the
   * process is killed right after it; and again after the commit, because Redis may have been emptied in between. If
   * the second attempt fails, `transaction` returns only once all earlier leases have ended by themselves.
   */
  withdraw(tx: Transaction, sessionIds: readonly string[]): void {
    if (sessionIds.length === 0) return;
    tx.beforeCommit(async () => void (await this.#leases.withdraw(sessionIds)));
    tx.beforeReturn(async () => {
      const lastEnd = performance.now() + leaseTime;
      if (!(await this.#leases.withdraw(sessionIds))) await delay(lastEnd - performance.now());
    });
  }

  /**
   * Notes that a session is in use; writes it at most once a minute, over all processes. If the database cannot write,
   * this process does not try again for a minute, and does not fail: reading may still work.
   */
  async touch(sessionId: string): Promise<void> {
    if (this.#touched.has(sessionId)) return;
    this.#touched.set(sessionId, true);
    try {
      await this.#db.query(touchSession, [sessionId]);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
    }
  }

  async #standingOf(sessionId: string): Promise<SessionStanding | null> {
    const [standing] = await this.#db.query(liveSession, [sessionId]);
    return standing ?? null;
  }
}

const liveSession = statement<SessionStanding>(
  'session.live',
  `select s.account_id as "accountId", a.role,
    coalesce(extract(epoch from a.tokens_valid_from), 0)::int8 as "tokensValidFrom"
  from session s join account a on a.id = s.account_id
  where s.id = $1 and s.ended_at is null and a.status <> 'SUSPENDED' and a.deleted_at is null`,
);

const touchSession = statement(
  'session.touch',
  `update session set last_seen_at = now() where id = $1 and last_seen_at < now() - interval '1 minute'`,
);
