import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Passwords } from './password.ts';

/** An account whose password was shown to be known, at the moment of the check. */
export interface ProvenAccount {
  readonly accountId: string;
  /** What was compared: whoever acts on the proof asks that it still stands. */
  readonly passwordHash: string;
}

/** The same of somebody who is signed in already, and may have no password. */
export interface ConfirmedAccount {
  readonly accountId: string;
  readonly passwordHash: string | null;
}

interface Candidate {
  readonly accountId: string;
  readonly passwordHash: string | null;
  readonly open: boolean;
}

const byId = statement<ConfirmedAccount>(
  'credentials.by_id',
  'select id as "accountId", password_hash as "passwordHash" from account where id = $1',
);

// A username has no @, an email has one: a login never means two accounts.
const byLogin = statement<Candidate>(
  'credentials.by_login',
  `select id as "accountId", password_hash as "passwordHash", status <> 'SUSPENDED' and deleted_at is null as "open"
  from account where lower(username) = lower($1) or lower(email) = lower($1)`,
);

/** The longest email. */
const longestLogin = 254;

/** Checks guesses of passwords. Every guess, by whatever route it comes, goes through here. */
export class Credentials {
  readonly #db: Db;
  readonly #passwords: Passwords;

  constructor(db: Db, passwords: Passwords) {
    this.#db = db;
    this.#passwords = passwords;
  }

  /**
   * @param login an email or a username, without case
   * @returns null for an unknown login and a wrong password, a suspended and a deleted account, after equal work
   * @throws ApiError SERVICE_UNAVAILABLE where too many wait already
   */
  async prove(login: string, password: string): Promise<ProvenAccount | null> {
    const candidate = await this.#find(login.trim().normalize('NFC'));
    const matches = await this.#passwords.verify(candidate?.passwordHash ?? null, password);
    if (candidate?.passwordHash == null || !candidate.open || !matches) return null;
    return { accountId: candidate.accountId, passwordHash: candidate.passwordHash };
  }

  /**
   * Whether whoever is signed in knows the password of the account, where it has one.
   * @param password null where none was given
   * @returns null where it is not the password
   * @throws ApiError SERVICE_UNAVAILABLE where too many wait already
   */
  async confirm(accountId: string, password: string | null): Promise<ConfirmedAccount | null> {
    const [account] = await this.#db.query(byId, [accountId]);
    if (account === undefined || account.passwordHash === null) return account ?? null;
    const matches = password !== null && (await this.#passwords.verify(account.passwordHash, password));
    return matches ? account : null;
  }

  async #find(login: string): Promise<Candidate | undefined> {
    // PostgreSQL takes no NUL in a text; no login has one, and every other one is asked for, known or not.
    const [candidate] = await this.#db.query(byLogin, [
      login.slice(0, longestLogin + 1).replaceAll('\0', ' '),
    ]);
    return candidate;
  }
}
