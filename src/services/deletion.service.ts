import { randomInt } from 'node:crypto';
import type { Credentials } from '../auth/credentials.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { type LockedAccount, lockEvents, lockForChange, lockOut } from './account-locks.ts';
import { type Actor, audit, forgetOrigins } from './audit.ts';
import { removeContentOf } from './content-removal.ts';
import type { SessionService } from './session.service.ts';

export interface DeletedAccount {
  readonly accountId: string;
}

export interface DeletionServiceOptions {
  readonly database: Database;
  readonly credentials: Credentials;
  readonly sessions: SessionService;
  readonly outbox: Outbox;
}

/**
 * Deletes accounts. Content and private data are deleted; ledger entries, completions and purchases stay, with an
 * account row that no longer identifies anybody (RULES.md, "People").
 */
export class DeletionService {
  readonly #options: DeletionServiceOptions;

  constructor(options: DeletionServiceOptions) {
    this.#options = options;
  }

  /**
   * Deletes the viewer's own account.
   * @param password of the account, if it has one
   * @returns CREDENTIALS_INVALID if the password is wrong, NOT_AVAILABLE if the viewer is the last admin
   */
  async deleteAccount(actor: Actor, password: string | null): Promise<DeletedAccount | Refusal> {
    const { accountId } = actor.viewer;
    const confirmed = await this.#options.credentials.confirm(accountId, password, actor.device);
    if (confirmed === null) return passwordInvalid();
    return this.#delete(actor, accountId, (account) => {
      // The password may have changed since it was checked.
      if (account?.passwordHash !== confirmed.passwordHash) return passwordInvalid();
      return account.isLastAdmin ? lastAdmin() : account;
    });
  }

  /**
   * Deletes anybody's account.
   * @param accountId null if the given id is not a user's
   * @returns NOT_FOUND if there is no such account, NOT_AVAILABLE if it is the last admin's
   */
  async deleteUser(actor: Actor, accountId: string | null): Promise<DeletedAccount | Refusal> {
    if (accountId === null) return notFound();
    return this.#delete(actor, accountId, (account) => {
      if (account === null) return notFound();
      return account.isLastAdmin ? lastAdmin(['userId']) : account;
    });
  }

  #delete(
    { viewer, device }: Actor,
    accountId: string,
    decide: (account: LockedAccount | null) => LockedAccount | Refusal,
  ): Promise<DeletedAccount | Refusal> {
    return transaction(this.#options.database, async (tx) => {
      await lockEvents(tx, accountId);
      const account = decide(await lockForChange(tx, viewer, accountId));
      if (account instanceof Refusal) return account;
      await lockOut(tx, accountId);
      const deletion = { actorId: viewer.accountId, subjectId: accountId, device };
      await audit(tx, { action: 'account.deleted', ...deletion });
      await this.#erase(tx, account);
      return { accountId };
    });
  }

  async #erase(tx: Transaction, { accountId, username }: LockedAccount): Promise<void> {
    const { sessions, outbox } = this.#options;
    await tx.query(forgetUsernames);
    await tx.query(retireUsername, [username, usernameRest]);
    await sessions.removeAll(tx, accountId);
    await removeContentOf(tx, outbox, accountId);
    await forgetOrigins(tx, accountId);
    for (const deletion of deletePrivateData) await deleteAll(tx, deletion, accountId);
    await tx.query(makePseudonym, [accountId, pseudonym()]);
  }
}

async function deleteAll(
  tx: Transaction,
  deletion: (typeof deletePrivateData)[number],
  accountId: string,
): Promise<void> {
  for (let left = true; left; ) {
    const [page] = await tx.query(deletion, [accountId]);
    left = page?.deleted === pageSize;
  }
}

/** How long nobody else can take the username. */
const usernameRest = '30 days';

/** A meaningless username that nobody has or can choose. */
function pseudonym(): string {
  const characters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return `deleted-${Array.from({ length: 20 }, () => characters[randomInt(characters.length)]).join('')}`;
}

function notFound(): Refusal {
  return refuse('NOT_FOUND', 'There is no such user.', ['userId']);
}

function lastAdmin(field?: readonly string[]): Refusal {
  return refuse('NOT_AVAILABLE', 'The last admin cannot be deleted.', field);
}

function passwordInvalid(): Refusal {
  return refuse('CREDENTIALS_INVALID', 'The password is wrong.', ['password']);
}

const forgetUsernames = statement(
  'deletion.forget_usernames',
  'delete from retired_username where free_at <= now()',
);

const retireUsername = statement(
  'deletion.retire_username',
  `insert into retired_username (username, free_at) values (lower($1 collate "C"), now() + $2::interval)
  on conflict (username) do update set free_at = excluded.free_at`,
);

/** How many rows one statement deletes, so that no statement takes long. */
const pageSize = 5_000;

/** Tables of private data, each with the column that distinguishes rows of one person. Dependent rows go with them. */
const deletePrivateData = Object.entries({
  identity: 'provider',
  known_address: 'ip_address',
  sign_in_flow: 'state_hash',
  one_time_code: 'code_hash',
  idempotency_key: 'key',
  notification: 'id',
  quest_progress: 'id',
  recorded_event: 'id',
}).map(([table, key]) =>
  statement<{ deleted: number }>(
    `deletion.${table}`,
    `with gone as (
      delete from ${table} where account_id = $1 and ${key} = any(array(
        select ${key} from ${table} where account_id = $1 limit ${pageSize}
      )) returning 1
    )
    select count(*)::int as deleted from gone`,
  ),
);

const makePseudonym = statement(
  'deletion.pseudonym',
  `update account set username = $2, display_name = 'Deleted user', email = null, password_hash = null,
    avatar_url = null, role = 'USER', suspended_from = null, time_zone = 'UTC', tokens_valid_from = null, updated_at = now(),
    deleted_at = now()
  where id = $1`,
);
