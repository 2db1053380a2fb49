import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { ApiError } from '../domain/errors.ts';
import type { Account } from '../entities/account.entity.ts';
import { type Device, groupOf } from './device.ts';
import { type Flow, flowOfAccount, flowOfAddress } from './flow.ts';
import type { Passwords } from './password.ts';
import type { Throttle, Throttled } from './throttle.ts';

/** An account whose password was proven at the moment of the check. */
export interface ProvenAccount {
  readonly accountId: string;
  /** The hash that was compared: whoever acts on the proof checks that it is still the account's. */
  readonly passwordHash: string;
}

/** The same for somebody who is signed in already, and who may have no password. */
export interface ConfirmedAccount extends Readonly<Pick<Account, 'passwordHash'>> {
  readonly accountId: string;
}

/** A guess that was wrong, or one too many. */
export interface FailedGuess {
  readonly action: 'session.refused' | 'session.throttled';
  /** Who guessed; null if nobody is signed in. */
  readonly actorId: string | null;
  /** Whose password; null if no account has the login. */
  readonly subjectId: string | null;
  readonly device: Device;
}

export interface CredentialsOptions {
  readonly database: Db;
  readonly passwords: Passwords;
  readonly throttle: Throttle;
  /** Records a failed guess before it is answered; must not throw. */
  readonly noteFailure: (guess: FailedGuess) => Promise<void>;
}

interface Known {
  /** Whether somebody has recently signed in to the account from the device's address group. */
  readonly addressKnown: boolean;
}

interface Candidate extends ConfirmedAccount, Known {
  readonly open: boolean;
}

/** Whose password is guessed, from where, and by whom. */
interface Guess extends Omit<FailedGuess, 'action'> {
  /** The key that the throttle counts by. */
  readonly login: string;
  readonly flow: Flow;
  readonly isRight: () => Promise<boolean>;
}

/** Whether known_address has a recent entry for the address group (CONTRACT.md, "Authentication"). */
const addressKnown = `exists (
    select from known_address where account_id = account.id and ip_address = $2
      and signed_in_at > now() - interval '30 days'
  ) as "addressKnown"`;

const byId = statement<ConfirmedAccount & Known>(
  'credentials.by_id',
  `select id as "accountId", password_hash as "passwordHash", ${addressKnown} from account where id = $1`,
);

// A username has no @, an email has one: a login never means two accounts.
const byLogin = statement<Candidate>(
  'credentials.by_login',
  `select id as "accountId", password_hash as "passwordHash", status <> 'SUSPENDED' and deleted_at is null as "open",
    ${addressKnown}
  from account where lower(username) = lower($1 collate "C") or lower(email) = lower($1 collate "C")`,
);

/** The length of the longest email. */
const longestLogin = 254;

/** Checks guesses of passwords. Every guess, whatever route it comes by, goes through here and is counted. */
export class Credentials {
  readonly #options: CredentialsOptions;

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  /**
   * Checks the password of a login.
   * @param login an email or a username, in any case
   * @returns null, after equal work, if the login is unknown, the password wrong, or the account suspended or deleted
   * @throws ApiError RATE_LIMITED if it was guessed too often, SERVICE_UNAVAILABLE if too many wait already
   */
  async prove(login: string, password: string, device: Device): Promise<ProvenAccount | null> {
    // PostgreSQL accepts no NUL in a text, and no login has one. Every other login is looked up, known or not.
    const sought = login
      .trim()
      .normalize('NFC')
      .slice(0, longestLogin + 1)
      .replaceAll('\0', ' ');
    const [candidate] = await this.#options.database.query(byLogin, [sought, groupOf(device)]);
    const { accountId = null, passwordHash = null, open = false, addressKnown = false } = candidate ?? {};
    const flow = accountId !== null && addressKnown ? flowOfAccount(accountId) : flowOfAddress(device);
    const proven = await this.#try({
      login: accountId === null ? `login ${sought.toLowerCase()}` : loginOf(accountId),
      actorId: null,
      subjectId: accountId,
      device,
      flow,
      isRight: async () => (await this.#options.passwords.verify(passwordHash, password, flow)) && open,
    });
    return proven && accountId !== null && passwordHash !== null ? { accountId, passwordHash } : null;
  }

  /**
   * Checks that the person who is signed in knows the account's password, if it has one.
   * @param password null if none was given
   * @returns null if it is not the password
   * @throws ApiError RATE_LIMITED if it was guessed too often, SERVICE_UNAVAILABLE if too many wait already
   */
  async confirm(
    accountId: string,
    password: string | null,
    device: Device,
  ): Promise<ConfirmedAccount | null> {
    const [account] = await this.#options.database.query(byId, [accountId, groupOf(device)]);
    if (account === undefined) return null;
    const { passwordHash, addressKnown } = account;
    if (passwordHash === null) return { accountId, passwordHash };
    if (password === null) return null;
    const flow = flowOfAccount(accountId);
    const confirmed = await this.#try({
      login: loginOf(accountId),
      actorId: accountId,
      subjectId: accountId,
      device,
      // People who are signed in are served before others; how often they may guess depends on where they are.
      flow: { ...flow, isKnown: addressKnown },
      isRight: () => this.#options.passwords.verify(passwordHash, password, flow),
    });
    return confirmed ? { accountId, passwordHash } : null;
  }

  /** Checks the limit before the password, for known and unknown logins alike. */
  async #try({ login, flow, isRight, ...failed }: Guess): Promise<boolean> {
    const { throttle, noteFailure } = this.#options;
    const outcome = await throttle.guess(login, flow, isRight);
    if (outcome === true) return true;
    if (outcome === false) {
      await noteFailure({ action: 'session.refused', ...failed });
      return false;
    }
    if (outcome.first) await noteFailure({ action: 'session.throttled', ...failed });
    throw rateLimited(outcome);
  }
}

/** Guesses by username, by email and while signed in count together; no typed login gives this key. */
function loginOf(accountId: string): string {
  return `account ${accountId}`;
}

function rateLimited({ retryAfter }: Throttled): ApiError {
  return new ApiError('RATE_LIMITED', 'Too many wrong passwords. Try again later.', {
    retryAfter,
  });
}
