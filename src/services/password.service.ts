import { z } from 'zod';
import type { Credentials } from '../auth/credentials.ts';
import type { Device } from '../auth/device.ts';
import { flowOfAccount } from '../auth/flow.ts';
import type { Passwords } from '../auth/password.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, password } from '../domain/fields.ts';
import { Refusal, refuse } from '../domain/refusal.ts';
import { audit } from './audit.ts';
import type { Notifier } from './notifier.ts';
import { passwordNotice, type TitleOf } from './password-notice.ts';
import type { SessionService } from './session.service.ts';

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
}

export interface PasswordServiceOptions {
  readonly database: Database;
  readonly credentials: Credentials;
  readonly passwords: Passwords;
  readonly sessions: SessionService;
  readonly notifier: Notifier;
  readonly titleOf: TitleOf;
}

interface ChangedAccount {
  readonly accountId: string;
}

/** Changes the password of an account that has one. */
export class PasswordService {
  readonly #options: PasswordServiceOptions;

  constructor(options: PasswordServiceOptions) {
    this.#options = options;
  }

  /**
   * Changes the password of the viewer's account, and ends every session but the current one.
   * @returns CREDENTIALS_INVALID if the current password is wrong, or the account has none
   */
  async change(viewer: Viewer, input: PasswordChange, device: Device): Promise<ChangedAccount | Refusal> {
    const fields = check(rules, input);
    if (fields instanceof Refusal) return fields;
    const { credentials, passwords, database } = this.#options;
    const flow = flowOfAccount(viewer.accountId);
    const confirmed = await credentials.confirm(viewer.accountId, input.currentPassword, device);
    if (confirmed === null || confirmed.passwordHash === null) return passwordInvalid();
    const passwordHash = await passwords.hash(fields.newPassword, flow);
    const values = [viewer.accountId, confirmed.passwordHash, passwordHash];
    return transaction(database, async (tx) => {
      // The password may have changed since it was checked.
      const [changed] = await tx.query(updatePassword, values);
      if (changed === undefined) return passwordInvalid();
      await this.#tell(tx, viewer, device);
      return changed;
    });
  }

  async #tell(tx: Transaction, viewer: Viewer, device: Device): Promise<void> {
    const { accountId } = viewer;
    const { sessions, notifier, titleOf } = this.#options;
    await sessions.endOthers(tx, viewer);
    await audit(tx, { action: 'password.changed', actorId: accountId, subjectId: accountId, device });
    notifier.notify(tx, await passwordNotice(tx, accountId, titleOf));
  }
}

// The current password is not checked against the rule: it may be older than the rule.
const rules = z.object({ newPassword: password });

function passwordInvalid(): Refusal {
  return refuse('CREDENTIALS_INVALID', 'The password is wrong.', ['currentPassword']);
}

const updatePassword = statement<ChangedAccount>(
  'password.update',
  `update account set password_hash = $3, updated_at = now()
  where id = $1 and password_hash = $2 and status <> 'SUSPENDED' and deleted_at is null
  returning id as "accountId"`,
);
