import { LRUCache } from 'lru-cache';
import type { AccessGrant, AccessTokens } from '../auth/access-token.ts';
import type { RefreshGrant, RefreshTokens } from '../auth/refresh-token.ts';
import { lifetime, TokenRefused } from '../auth/token.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import type { Role } from '../entities/account.entity.ts';
import { type Refusal, refuse } from './refusal.ts';

/** Where a session was begun, as its owner sees it in the list. */
export interface Device {
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** What whoever signed in gets. */
export interface SignedIn {
  readonly accountId: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: Date;
}

/** A session as a transaction left it; its tokens are made once that has committed. */
export interface SessionGrant extends AccessGrant {
  readonly refresh: RefreshGrant;
}

/** Tells every open socket, in the transaction that ends the session or its tokens. */
export type PublishSessionEnded = (
  tx: Transaction,
  topic: 'session_ended',
  accountId: string,
  payload: { readonly sessionId: string },
) => Promise<void> | void;

export interface SessionServiceOptions {
  readonly database: Database;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  /** Milliseconds: how long a session lives that nobody refreshes. */
  readonly refreshTokenTtl: number;
  readonly publish: PublishSessionEnded;
  /** Milliseconds since 1970; left out, the system's clock. */
  readonly now?: () => number;
}

/** How exact `lastSeenAt` is, in ms. */
const touchedEvery = 60_000;
const mostTouched = 10_000;
const longestUserAgent = 500;

/** Sessions: a row each, and its family of refresh tokens, of which one at a time is unused. */
export class SessionService {
  readonly #options: SessionServiceOptions;
  readonly #now: () => number;
  readonly #touched: LRUCache<string, true>;

  constructor(options: SessionServiceOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#touched = new LRUCache({ max: mostTouched, ttl: touchedEvery });
  }

  /** Begins a session in the caller's transaction, which holds a lock on the account. */
  async start(
    tx: Transaction,
    account: Pick<AccessGrant, 'accountId' | 'role'>,
    device: Device,
  ): Promise<SessionGrant> {
    const { issuedAt, expiresAt } = this.#refreshLifetime();
    const userAgent = device.userAgent?.slice(0, longestUserAgent) ?? null;
    const [begun] = await tx.query(beginSession, [
      account.accountId,
      userAgent,
      device.ipAddress,
      issuedAt,
      expiresAt,
    ]);
    if (begun === undefined) throw new Error('A session was not begun.');
    return grantOf({ ...account, sessionId: begun.sessionId }, begun);
  }

  /** The tokens of a session that has been committed. */
  async tokens({ accountId, sessionId, role, refresh }: SessionGrant): Promise<SignedIn> {
    const access = this.#options.accessTokens.issue({ accountId, sessionId, role });
    return {
      accountId,
      accessToken: access.token,
      accessTokenExpiresAt: access.expiresAt,
      refreshToken: await this.#options.refreshTokens.issue(refresh),
      refreshTokenExpiresAt: refresh.expiresAt,
    };
  }

  /**
   * Uses a refresh token up and gives its successor, and an access token with the role as it is now. A token that
   * was used before gives that same successor for 30 s, while it is unused itself; otherwise someone has a copy, and
   * the session ends for all who hold it (RFC 9700, 4.14.2).
   */
  async refresh(refreshToken: string): Promise<SignedIn | Refusal> {
    const claims = await this.#read(refreshToken);
    // The end of a family has to be committed: a Refusal inside would undo it.
    const grant = claims && (await transaction(this.#options.database, (tx) => this.#rotate(tx, claims)));
    return grant ? this.tokens(grant) : tokenInvalid();
  }

  /** Ends a session, at once and everywhere; one that has ended stays as it is. */
  async end(sessionId: string): Promise<void> {
    await transaction(this.#options.database, (tx) => this.#endIn(tx, sessionId));
  }

  /** Ends all sessions of an account in the caller's transaction, at once and everywhere. */
  async endAll(tx: Transaction, accountId: string): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(endSessions, [accountId]));
  }

  /** Ends them all and leaves no trace of them. */
  async removeAll(tx: Transaction, accountId: string): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(removeSessions, [accountId]));
  }

  /** Ends the access tokens that stand on open sockets too, after a change to the account; the sessions go on. */
  async endTokens(tx: Transaction, accountId: string): Promise<void> {
    await this.#announce(tx, accountId, await tx.query(liveSessions, [accountId]));
  }

  /**
   * Whether an access token's session has not ended, and its account may still do what the token says: a changed
   * role or a suspension ends the tokens that stand. When it expires, the token says by itself.
   */
  async isLive({ sessionId, accountId, role }: AccessGrant): Promise<boolean> {
    const rows = await this.#options.database.query(liveSession, [sessionId, accountId, role]);
    return rows.length > 0;
  }

  /** Notes that a session is in use: in the database at most once a minute, by however many processes. */
  async touch(sessionId: string): Promise<void> {
    if (this.#touched.has(sessionId)) return;
    await this.#options.database.query(touchSession, [sessionId]);
    this.#touched.set(sessionId, true);
  }

  async #read(refreshToken: string): Promise<RefreshGrant | null> {
    try {
      return await this.#options.refreshTokens.verify(refreshToken);
    } catch (error) {
      if (error instanceof TokenRefused) return null;
      throw error;
    }
  }

  /** Null where the token is no longer good. */
  async #rotate(tx: Transaction, { id, sessionId, accountId }: RefreshGrant): Promise<SessionGrant | null> {
    // The lock makes all that happens to one family happen in turn.
    const [session] = await tx.query(lockLiveSession, [sessionId, accountId]);
    if (session === undefined) return null;
    const successor = await this.#successor(tx, id, sessionId);
    if (successor === undefined) {
      await this.#endIn(tx, sessionId);
      return null;
    }
    await tx.query(extendSession, [sessionId, successor.expiresAt]);
    return grantOf({ accountId, sessionId, role: session.role }, successor);
  }

  async #successor(tx: Transaction, id: string, sessionId: string): Promise<RefreshRow | undefined> {
    const { issuedAt, expiresAt } = this.#refreshLifetime();
    const [fresh] = await tx.query(useRefreshToken, [id, sessionId, issuedAt, expiresAt]);
    if (fresh !== undefined) return fresh;
    const [unused] = await tx.query(unusedSuccessor, [id, sessionId]);
    return unused;
  }

  async #endIn(tx: Transaction, sessionId: string): Promise<void> {
    const [ended] = await tx.query(endSession, [sessionId]);
    if (ended) await this.#options.publish(tx, 'session_ended', ended.accountId, { sessionId });
  }

  async #announce(tx: Transaction, accountId: string, sessions: readonly SessionKey[]): Promise<void> {
    for (const { sessionId } of sessions)
      await this.#options.publish(tx, 'session_ended', accountId, { sessionId });
  }

  #refreshLifetime() {
    return lifetime(this.#now(), this.#options.refreshTokenTtl);
  }
}

function grantOf(access: AccessGrant, { id, issuedAt, expiresAt }: RefreshRow): SessionGrant {
  const { accountId, sessionId } = access;
  return { ...access, refresh: { id, sessionId, accountId, issuedAt, expiresAt } };
}

function tokenInvalid(): Refusal {
  return refuse('TOKEN_INVALID', 'The refresh token is unknown, used, expired or revoked.', ['refreshToken']);
}

interface RefreshRow {
  readonly id: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

interface SessionKey {
  readonly sessionId: string;
}

const refreshColumns = `id, created_at as "issuedAt", expires_at as "expiresAt"`;

const beginSession = statement<RefreshRow & { sessionId: string }>(
  'session.begin',
  `with begun as (
    insert into session (account_id, user_agent, ip_address, expires_at) values ($1, $2, $3, $5) returning id
  )
  insert into refresh_token (session_id, created_at, expires_at) select id, $4, $5 from begun
  returning session_id as "sessionId", ${refreshColumns}`,
);

const liveSession = statement(
  'session.live',
  `select 1 from session s join account a on a.id = s.account_id
  where s.id = $1 and s.account_id = $2 and a.role = $3
    and s.ended_at is null and a.status <> 'SUSPENDED' and a.deleted_at is null`,
);

const lockLiveSession = statement<{ role: Role }>(
  'session.lock_live',
  `select a.role from session s join account a on a.id = s.account_id
  where s.id = $1 and s.account_id = $2
    and s.ended_at is null and a.status <> 'SUSPENDED' and a.deleted_at is null
  for no key update of s`,
);

const touchSession = statement(
  'session.touch',
  `update session set last_seen_at = now() where id = $1 and last_seen_at < now() - interval '1 minute'`,
);

const extendSession = statement(
  'session.extend',
  `update session set last_seen_at = now(), expires_at = greatest(expires_at, $2) where id = $1`,
);

const endSession = statement<{ accountId: string }>(
  'session.end',
  `update session set ended_at = now() where id = $1 and ended_at is null returning account_id as "accountId"`,
);

const liveSessions = statement<SessionKey>(
  'session.live_of_account',
  'select id as "sessionId" from session where account_id = $1 and ended_at is null',
);

const endSessions = statement<SessionKey>(
  'session.end_all',
  'update session set ended_at = now() where account_id = $1 and ended_at is null returning id as "sessionId"',
);

const removeSessions = statement<SessionKey>(
  'session.remove_all',
  `with removed as (delete from session where account_id = $1 returning id, ended_at)
  select id as "sessionId" from removed where ended_at is null`,
);

/** Only the first to come finds the token unused. */
const useRefreshToken = statement<RefreshRow>(
  'refresh_token.use',
  `with used as (
    update refresh_token set used_at = now(), successor_id = uuidv7()
    where id = $1 and session_id = $2 and used_at is null returning successor_id
  )
  insert into refresh_token (id, session_id, created_at, expires_at) select successor_id, $2, $3, $4 from used
  returning ${refreshColumns}`,
);

const unusedSuccessor = statement<RefreshRow>(
  'refresh_token.unused_successor',
  `select successor.id, successor.created_at as "issuedAt", successor.expires_at as "expiresAt"
  from refresh_token used join refresh_token successor on successor.id = used.successor_id
  where used.id = $1 and used.session_id = $2 and used.used_at > now() - interval '30 seconds'
    and successor.used_at is null`,
);
