import type { AccessGrant, AccessTokens } from '../auth/access-token.ts';
import type { Device } from '../auth/device.ts';
import type { RefreshGrant, RefreshTokens } from '../auth/refresh-token.ts';
import { lifetime, TokenRefused } from '../auth/token.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { holdAccount } from './account-locks.ts';
import { audit } from './audit.ts';
import type { LiveSessions } from './live-sessions.ts';
import { type RefreshRow, refreshColumns, successorOf } from './refresh-family.ts';

/** The tokens that a person gets when they sign in or refresh. */
export interface SignedIn {
  readonly accountId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
}

/** A session as written by a transaction; its tokens are made after the commit. */
export interface SessionGrant extends AccessGrant {
  readonly refresh: RefreshGrant;
  /** Access tokens of the account issued before are not valid; null if none were ended. */
  readonly tokensValidFrom: Date | null;
}

/** A session and its account. */
export type SessionOwner = Pick<AccessGrant, 'accountId' | 'sessionId'>;

export interface SessionKey {
  readonly sessionId: string;
}

export interface SessionServiceOptions {
  readonly database: Database;
  readonly live: LiveSessions;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  /** How long a session lives if nobody refreshes it, in milliseconds. */
  readonly refreshTokenTtl: number;
  readonly outbox: Outbox;
  /** Milliseconds since 1970; by default the system's clock. */
  readonly now?: () => number;
}

/** Sessions. Each has a row and a family of refresh tokens, of which one at a time is unused. */
export class SessionService {
  readonly #options: SessionServiceOptions;
  readonly #now: () => number;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * Begins a session in the caller's transaction, which holds a lock on the account.
   * @param provider through which it begins; omitted if it begins with a password
   */
  async start(
    tx: Transaction,
    account: Pick<AccessGrant, 'accountId' | 'role'>,
    device: Device,
    provider?: string,
  ): Promise<SessionGrant> {
    const { issuedAt, expiresAt } = this.#refreshLifetime();
    const [begun] = await tx.query(beginSession, [
      account.accountId,
      device.userAgent,
      device.ipAddress,
      issuedAt,
      expiresAt,
      provider ?? null,
    ]);
    if (begun === undefined) throw new Error('A session was not begun.');
    const { sessionId, tokensValidFrom } = begun;
    return grantOf({ ...account, sessionId, tokensValidFrom }, begun);
  }

  /** Makes the tokens of a session that has been committed. */
  async tokens({ refresh, tokensValidFrom, ...grant }: SessionGrant): Promise<SignedIn> {
    const access = this.#options.accessTokens.issue(grant, tokensValidFrom);
    return {
      accountId: grant.accountId,
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      refreshToken: await this.#options.refreshTokens.issue(refresh),
      refreshTokenExpiresAt: refresh.expiresAt,
    };
  }

  /**
   * Uses a refresh token up and returns its successor, and an access token with the current role. A token that was used
   * before returns the same successor for 30 s, while that is unused; otherwise somebody has a copy, and the session
   * ends for everyone who holds it (RFC 9700, 4.14.2).
   */
  async refresh(refreshToken: string, device: Device): Promise<SignedIn | Refusal> {
    const claims = await this.#read(refreshToken);
    // The end of a family must be committed: a Refusal returned inside would roll it back.
    const grant =
      claims && (await transaction(this.#options.database, (tx) => this.#rotate(tx, claims, device)));
    return grant ? this.tokens(grant) : tokenInvalid();
  }

  /** Ends the viewer's session, at once and everywhere. Changes nothing if it has ended meanwhile. */
  async signOut({ accountId, sessionId }: SessionOwner, device: Device): Promise<void> {
    await transaction(this.#options.database, async (tx) => {
      await holdAccount(tx, { accountId });
      if (!(await this.#end(tx, accountId, sessionId))) return;
      const who = { actorId: accountId, subjectId: accountId, device };
      await audit(tx, { action: 'session.ended', ...who, detail: { sessionId } });
    });
  }

  /**
   * Ends one of the viewer's sessions, at once and everywhere; it may be the current one.
   * @returns NOT_FOUND if they have no live session with that id
   */
  revoke(
    { accountId }: Pick<SessionOwner, 'accountId'>,
    sessionId: string,
    device: Device,
  ): Promise<SessionKey | Refusal> {
    return transaction(this.#options.database, async (tx) => {
      await holdAccount(tx, { accountId });
      if (!(await this.#end(tx, accountId, sessionId)))
        return refuse('NOT_FOUND', 'There is no such session.', ['sessionId']);
      const who = { actorId: accountId, subjectId: accountId, device };
      await audit(tx, { action: 'session.revoked', ...who, detail: { sessionId } });
      return { sessionId };
    });
  }

  /** Ends all sessions of an account in the caller's transaction, at once and everywhere. */
  async endAll(tx: Transaction, accountId: string): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(endSessions, [accountId]));
  }

  /** Ends all sessions of an account except this one. */
  async endOthers(tx: Transaction, { accountId, sessionId }: SessionOwner): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(endOtherSessions, [accountId, sessionId]));
  }

  /** Ends the sessions that began through a provider, except this one. */
  async endBegunThrough(
    tx: Transaction,
    provider: string,
    { accountId, sessionId }: SessionOwner,
  ): Promise<void> {
    await this.#announce(
      tx,
      accountId,
      await tx.query(endProviderSessions, [accountId, sessionId, provider]),
    );
  }

  /** Ends all sessions of an account and deletes their rows. */
  async removeAll(tx: Transaction, accountId: string): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(removeSessions, [accountId]));
  }

  /**
   * Ends the existing access tokens after a change to the account, also on open sockets. They stay ended, whatever the
   * account is changed to later. The sessions go on.
   */
  async endTokens(tx: Transaction, accountId: string): Promise<void> {
    await tx.query(endAccountTokens, [accountId]);
    await this.#announce(tx, accountId, await tx.query(liveSessions, [accountId]));
  }

  async #read(refreshToken: string): Promise<RefreshGrant | null> {
    try {
      return await this.#options.refreshTokens.verify(refreshToken);
    } catch (error) {
      if (error instanceof TokenRefused) return null;
      throw error;
    }
  }

  /** Null if the token is no longer valid. */
  async #rotate(
    tx: Transaction,
    { id, sessionId, accountId }: RefreshGrant,
    device: Device,
  ): Promise<SessionGrant | null> {
    // The lock makes all changes to one family happen in turn.
    const [standing] = await tx.query(lockLiveSession, [sessionId, accountId]);
    if (standing === undefined) return null;
    const successor = await successorOf(tx, { id, sessionId, ...this.#refreshLifetime() });
    if (successor === undefined) {
      await this.#end(tx, accountId, sessionId);
      // The actor is unknown: anybody may have sent the token.
      const who = { actorId: null, subjectId: accountId, device };
      await audit(tx, { action: 'session.reused', ...who, detail: { sessionId } });
      return null;
    }
    await tx.query(extendSession, [sessionId, successor.expiresAt]);
    return grantOf({ accountId, sessionId, ...standing }, successor);
  }

  /** False if there is no such live session. */
  async #end(tx: Transaction, accountId: string, sessionId: string): Promise<boolean> {
    const ended = await tx.query(endSession, [sessionId, accountId]);
    this.#announce(tx, accountId, ended);
    return ended.length > 0;
  }

  /** Tells every open socket of the sessions, and withdraws their leases. */
  #announce(tx: Transaction, accountId: string, sessions: readonly SessionKey[]): void {
    const sessionIds = sessions.map(({ sessionId }) => sessionId);
    this.#options.live.withdraw(tx, sessionIds);
    for (const sessionId of sessionIds)
      this.#options.outbox.publish(tx, 'session_ended', accountId, { sessionId });
  }

  #refreshLifetime() {
    return lifetime(this.#now(), this.#options.refreshTokenTtl);
  }
}

type AccountStanding = Pick<SessionGrant, 'role' | 'tokensValidFrom'>;

function grantOf(
  standing: AccountStanding & SessionOwner,
  { id, issuedAt, expiresAt }: RefreshRow,
): SessionGrant {
  const { accountId, sessionId } = standing;
  return { ...standing, refresh: { id, sessionId, accountId, issuedAt, expiresAt } };
}

function tokenInvalid(): Refusal {
  return refuse('TOKEN_INVALID', 'The refresh token is unknown, used, expired or revoked.', ['refreshToken']);
}

const beginSession = statement<RefreshRow & SessionKey & Pick<AccountStanding, 'tokensValidFrom'>>(
  'session.begin',
  `with begun as (
    insert into session (account_id, user_agent, ip_address, expires_at, provider)
    values ($1, $2, $3, $5, $6) returning id
  )
  insert into refresh_token (session_id, created_at, expires_at) select id, $4, $5 from begun
  returning session_id as "sessionId", ${refreshColumns.sql},
    (select tokens_valid_from from account where account.id = $1) as "tokensValidFrom"`,
);

// Locks the account first, in the common order: a deletion locks its row, then those of its sessions. The shared lock
// waits for a change of role, so that the new token has the current one.
const lockLiveSession = statement<AccountStanding>(
  'session.lock_live',
  `select a.role, a.tokens_valid_from as "tokensValidFrom" from session s join account a on a.id = s.account_id
  where s.id = $1 and s.account_id = $2
    and s.ended_at is null and a.status <> 'SUSPENDED' and a.deleted_at is null
  for share of a for no key update of s`,
);

const extendSession = statement(
  'session.extend',
  `update session set last_seen_at = now(), expires_at = greatest(expires_at, $2) where id = $1`,
);

const endSession = statement<SessionKey>(
  'session.end',
  `update session set ended_at = now()
  where id = $1 and account_id = $2 and ended_at is null returning id as "sessionId"`,
);

const liveSessions = statement<SessionKey>(
  'session.live_of_account',
  'select id as "sessionId" from session where account_id = $1 and ended_at is null',
);

const endSessions = statement<SessionKey>(
  'session.end_all',
  'update session set ended_at = now() where account_id = $1 and ended_at is null returning id as "sessionId"',
);

const endOtherSessions = statement<SessionKey>(
  'session.end_others',
  `update session set ended_at = now() where account_id = $1 and id <> $2 and ended_at is null
  returning id as "sessionId"`,
);

const endProviderSessions = statement<SessionKey>(
  'session.end_begun_through',
  `update session set ended_at = now()
  where account_id = $1 and id <> $2 and provider = $3 and ended_at is null returning id as "sessionId"`,
);

const removeSessions = statement<SessionKey>(
  'session.remove_all',
  `with removed as (delete from session where account_id = $1 returning id, ended_at)
  select id as "sessionId" from removed where ended_at is null`,
);

/**
 * Takes effect from the next whole second, because a token of this second may be older than the change. Each further
 * change within the second adds one more, but not beyond the difference that is allowed between clocks.
 */
const endAccountTokens = statement(
  'session.end_tokens',
  `update account set tokens_valid_from = least(greatest(second, tokens_valid_from) + interval '1 second',
    second + interval '4 seconds')
  from date_trunc('second', clock_timestamp()) as second where id = $1`,
);
