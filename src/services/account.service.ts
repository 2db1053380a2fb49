import { z } from 'zod';
import type { Credentials } from '../auth/credentials.ts';
import type { Device } from '../auth/device.ts';
import { flowOfAddress } from '../auth/flow.ts';
import type { Passwords } from '../auth/password.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { isUniqueViolation } from '../database/sql-state.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, displayName, email, password, timeZone, url, username } from '../domain/fields.ts';
import { Refusal, refuse, type UserErrorData } from '../domain/refusal.ts';
import type { Role } from '../entities/account.entity.ts';
import { type Admission, credentialsInvalid } from './admission.ts';
import { audit } from './audit.ts';
import type { OwnEventRecorder } from './recorder.ts';
import type { SessionService, SignedIn } from './session.service.ts';

export interface SignUpFields {
  readonly email: string;
  readonly username: string;
  readonly password: string;
  /** Defaults to the username, also if null. */
  readonly displayName?: string | null;
  readonly timeZone: string;
}

export interface SignInFields {
  /** An email address or a username. */
  readonly login: string;
  readonly password: string;
}

/** Omitted fields stay as they are; null clears the avatar and is INVALID elsewhere. */
export interface ProfileFields {
  readonly displayName?: string | null;
  readonly username?: string | null;
  readonly avatarUrl?: string | null;
  readonly timeZone?: string | null;
}

/** An account to be written, with its fields checked and its password hashed. */
export interface NewAccount {
  readonly email: string;
  readonly username: string;
  /** Null if only a provider signs the person in. */
  readonly passwordHash: string | null;
  readonly displayName: string;
  readonly avatarUrl?: string | null;
  readonly timeZone: string;
  readonly role: Role;
}

export interface AccountServiceOptions {
  readonly database: Database;
  readonly passwords: Passwords;
  readonly credentials: Credentials;
  readonly sessions: SessionService;
  readonly admission: Admission;
  readonly recorder: OwnEventRecorder;
}

/** Sign-up, sign-in with a password, and the profile. */
export class AccountService {
  readonly #options: AccountServiceOptions;

  constructor(options: AccountServiceOptions) {
    this.#options = options;
  }

  /** Makes an account with status NEW and begins a session. That does not count as the first sign-in. */
  async signUp(input: SignUpFields, device: Device): Promise<SignedIn | Refusal> {
    const fields = check(signUpRules, input);
    if (fields instanceof Refusal) return fields;
    const { database, passwords, sessions, recorder } = this.#options;
    const account: NewAccount = {
      email: fields.email,
      username: fields.username,
      timeZone: fields.timeZone,
      displayName: fields.displayName ?? fields.username,
      passwordHash: await passwords.hash(fields.password, flowOfAddress(device)),
      role: 'USER',
    };
    const grant = await transaction(database, async (tx) => {
      const created = await createAccount(tx, account, device);
      if (created instanceof Refusal) return created;
      const begun = await sessions.start(tx, created, device);
      recorder.recordOwn(tx, { accountId: created.accountId, eventType: 'user.signed_up', data: {} });
      return begun;
    });
    return grant instanceof Refusal ? grant : sessions.tokens(grant);
  }

  /**
   * Begins a session if the password is right.
   * @returns CREDENTIALS_INVALID if it fails, without the reason
   */
  async signIn({ login, password }: SignInFields, device: Device): Promise<SignedIn | Refusal> {
    const { credentials, database, sessions, admission } = this.#options;
    const proven = await credentials.prove(login, password, device);
    if (proven === null) return credentialsInvalid();
    const grant = await transaction(database, (tx) => admission.admit(tx, proven, device));
    return grant instanceof Refusal ? grant : sessions.tokens(grant);
  }

  /** Changes the viewer's profile. */
  async updateProfile({ accountId }: Viewer, input: ProfileFields): Promise<{ accountId: string } | Refusal> {
    const fields = check(profileRules, input);
    if (fields instanceof Refusal) return fields;
    const { avatarUrl } = fields;
    const values = [
      accountId,
      fields.displayName,
      fields.username,
      avatarUrl !== undefined,
      avatarUrl,
      fields.timeZone,
    ];
    try {
      return await transaction(this.#options.database, async (tx) => {
        const [updated] = await tx.query(
          updateAccount,
          values.map((value) => value ?? null),
        );
        if (updated === undefined) return refuse('NOT_FOUND', 'There is no such account.');
        // Read last: a deletion that retired the name while the update waited has committed by now.
        const retired =
          fields.username === undefined ? [] : await tx.query(retiredUsername, [fields.username]);
        return retired.length > 0 ? new Refusal([usernameTaken]) : updated;
      });
    } catch (error) {
      // Only the username is unique here. Checking it beforehand would leave a race.
      if (isUniqueViolation(error)) return new Refusal([usernameTaken]);
      throw error;
    }
  }
}

/**
 * Writes an account and its wallet in the caller's transaction.
 * @param device of the person who signs up; null if a command makes the account
 * @returns TAKEN for the username, the email, or both
 */
export async function createAccount(
  tx: Transaction,
  { email, username, passwordHash, displayName, avatarUrl, timeZone, role }: NewAccount,
  device: Device | null = null,
): Promise<CreatedAccount | Refusal> {
  const [created] = await tx.query(insertAccount, [
    email,
    username,
    passwordHash,
    displayName,
    timeZone,
    role,
    avatarUrl ?? null,
  ]);
  // Read after the insert has waited for concurrent ones, by a new statement that sees what they committed.
  const [taken] = await tx.query(takenNames, [username, email, created?.accountId ?? null]);
  const errors = [...(taken?.email ? [emailTaken] : []), ...(taken?.username ? [usernameTaken] : [])];
  const [first, ...more] = errors;
  if (first !== undefined) return new Refusal([first, ...more]);
  if (created === undefined) throw new Error('An account was refused for names that nobody has.');
  const { accountId } = created;
  const actorId = device === null ? null : accountId;
  await audit(tx, { action: 'account.created', actorId, subjectId: accountId, device, detail: { role } });
  return created;
}

const signUpRules = z.object({
  email,
  username,
  password,
  displayName: displayName.nullish(),
  timeZone,
});

const profileRules = z.object({
  displayName: displayName.optional(),
  username: username.optional(),
  avatarUrl: url.nullish(),
  timeZone: timeZone.optional(),
});

const usernameTaken: UserErrorData = {
  code: 'TAKEN',
  message: 'This username is taken.',
  field: ['input', 'username'],
};

const emailTaken: UserErrorData = {
  code: 'TAKEN',
  message: 'An account with this email address already exists.',
  field: ['input', 'email'],
};

export interface CreatedAccount {
  readonly accountId: string;
  readonly role: Role;
}

const insertAccount = statement<CreatedAccount>(
  'account.insert',
  `with made as (
    insert into account (email, username, password_hash, display_name, time_zone, role, avatar_url)
    values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id, role
  ), purse as (
    insert into wallet (id, account_id) select id, id from made
  )
  select id as "accountId", role from made`,
);

const takenNames = statement<{ username: boolean; email: boolean }>(
  'account.taken_names',
  `select exists (select from account where lower(username) = lower($1 collate "C") and id is distinct from $3::uuid)
      or exists (select from retired_username where username = lower($1 collate "C") and free_at > now()) as username,
    exists (select from account where lower(email) = lower($2 collate "C") and id is distinct from $3::uuid) as email`,
);

const retiredUsername = statement(
  'account.retired_username',
  'select 1 from retired_username where username = lower($1 collate "C") and free_at > now()',
);

const updateAccount = statement<{ accountId: string }>(
  'account.update_profile',
  `update account set
    display_name = coalesce($2, display_name),
    username = coalesce($3, username),
    avatar_url = case when $4 then $5 else avatar_url end,
    time_zone = coalesce($6, time_zone),
    updated_at = now()
  where id = $1 and deleted_at is null
  returning id as "accountId"`,
);
