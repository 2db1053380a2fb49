import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Role } from '../entities/account.entity.ts';
import { type LockedAccount, lockForChange } from './account-locks.ts';
import { type Actor, type AuditRecord, audit } from './audit.ts';
import type { NewNotification, Notifier } from './notifier.ts';
import type { SessionService } from './session.service.ts';

export interface AccountKey {
  readonly accountId: string;
}

export interface PeopleServiceOptions {
  readonly database: Database;
  readonly sessions: SessionService;
  readonly notifier: Notifier;
}

/** Writes to the audit what the admin did to the account. */
type Note = (deed: Pick<AuditRecord, 'action' | 'detail'>) => Promise<void>;

/**
 * What admins do to accounts. Each method takes null for an id of another type, and returns NOT_FOUND if there is no
 * such account. It changes nothing if the account is in that state already.
 */
export class PeopleService {
  readonly #options: PeopleServiceOptions;

  constructor(options: PeopleServiceOptions) {
    this.#options = options;
  }

  /**
   * Changes an account's role. Its access tokens end; refreshing its sessions gives tokens with the new role.
   * @returns NOT_AVAILABLE if it is the last admin
   */
  setRole(admin: Actor, accountId: string | null, role: Role): Promise<AccountKey | Refusal> {
    return this.#change(admin, accountId, async (tx, account, note) => {
      if (account.role === role) return account;
      if (account.isLastAdmin) return lastAdmin('The last admin cannot be given another role.');
      await tx.query(updateRole, [account.accountId, role]);
      await this.#options.sessions.endTokens(tx, account.accountId);
      await note({ action: 'role.changed', detail: { from: account.role, to: role } });
      this.#tell(tx, account, 'Your role was changed', `You are now ${roleInWords[role]}.`);
      return account;
    });
  }

  /**
   * Keeps an account from signing in, and ends its sessions.
   * @returns NOT_AVAILABLE if it is the last admin
   */
  suspend(admin: Actor, accountId: string | null): Promise<AccountKey | Refusal> {
    return this.#change(admin, accountId, async (tx, account, note) => {
      if (account.status === 'SUSPENDED') return account;
      if (account.isLastAdmin) return lastAdmin('The last admin cannot be suspended.');
      await tx.query(suspendAccount, [account.accountId]);
      await this.#options.sessions.endAll(tx, account.accountId);
      await note({ action: 'account.suspended' });
      this.#tell(tx, account, 'Your account was suspended', 'An admin has suspended it.');
      return account;
    });
  }

  /** Lets a suspended account sign in again. */
  readmit(admin: Actor, accountId: string | null): Promise<AccountKey | Refusal> {
    return this.#change(admin, accountId, async (tx, account, note) => {
      if (account.status !== 'SUSPENDED') return account;
      await tx.query(readmitAccount, [account.accountId]);
      await note({ action: 'account.readmitted' });
      this.#tell(tx, account, 'Your account is open again', 'An admin has lifted its suspension.');
      return account;
    });
  }

  #change(
    { viewer, device }: Actor,
    accountId: string | null,
    work: (tx: Transaction, account: LockedAccount, note: Note) => Promise<AccountKey | Refusal>,
  ): Promise<AccountKey | Refusal> {
    return transaction(this.#options.database, async (tx) => {
      const account = accountId === null ? null : await lockForChange(tx, viewer, accountId);
      if (account === null) return refuse('NOT_FOUND', 'There is no such user.', ['userId']);
      const whose = { actorId: viewer.accountId, subjectId: account.accountId, device };
      return work(tx, account, (deed) => audit(tx, { ...deed, ...whose }));
    });
  }

  #tell(tx: Transaction, { accountId }: AccountKey, title: string, body: string): void {
    const subject: NewNotification['subject'] = { type: 'account', uuid: accountId };
    this.#options.notifier.notify(tx, { accountId, kind: 'SYSTEM', title, body, subject });
  }
}

const roleInWords: Readonly<Record<Role, string>> = {
  USER: 'an ordinary user',
  ADMIN: 'an admin',
  SERVICE: 'a back-end service',
};

function lastAdmin(message: string): Refusal {
  return refuse('NOT_AVAILABLE', message, ['userId']);
}

const updateRole = statement(
  'people.update_role',
  'update account set role = $2, updated_at = now() where id = $1',
);

const suspendAccount = statement(
  'people.suspend',
  `update account set status = 'SUSPENDED', suspended_from = status, updated_at = now() where id = $1`,
);

const readmitAccount = statement(
  'people.readmit',
  `update account set status = coalesce(suspended_from, 'ACTIVE'), suspended_from = null, updated_at = now()
  where id = $1`,
);
