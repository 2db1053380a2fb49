import { type Device, groupOf } from '../auth/device.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import type { Role } from '../entities/account.entity.ts';
import { audit } from './audit.ts';
import type { OwnEventRecorder } from './recorder.ts';
import type { SessionGrant, SessionService } from './session.service.ts';

/** Somebody who has proved who they are, and how. */
export interface Proven {
  readonly accountId: string;
  /** The hash that the password was compared with, which must not have changed; null if a provider vouches. */
  readonly passwordHash: string | null;
  /** The provider that vouches; omitted if a password was compared. */
  readonly provider?: string;
}

/** Signs in people who have proved who they are, by password or through a provider. */
export class Admission {
  readonly #sessions: SessionService;
  readonly #recorder: OwnEventRecorder;

  constructor(sessions: SessionService, recorder: OwnEventRecorder) {
    this.#sessions = sessions;
    this.#recorder = recorder;
  }

  /**
   * Begins a session. The first sign-in is the one whose statement finds the account NEW: only one of several at once.
   * @returns CREDENTIALS_INVALID if the account can no longer be signed in
   */
  async admit(
    tx: Transaction,
    { accountId, passwordHash, provider }: Proven,
    device: Device,
  ): Promise<SessionGrant | Refusal> {
    const values = [accountId, passwordHash];
    const [welcomed] = await tx.query(activateAccount, values);
    // What was proved may have changed meanwhile; from here on the lock on the row keeps it as it is.
    const [standing] = welcomed ? [welcomed] : await tx.query(lockOpenAccount, values);
    if (standing === undefined) return credentialsInvalid();
    const begun = await this.#sessions.start(tx, standing, device, provider);
    const detail = { first: welcomed !== undefined };
    const data = { ...detail, ...presentOf(device) };
    this.#recorder.recordOwn(tx, { accountId, eventType: 'user.signed_in', data });
    const group = groupOf(device);
    if (group !== null) await tx.query(knowAddress, [accountId, group]);
    await audit(tx, { action: 'session.started', actorId: accountId, subjectId: accountId, device, detail });
    return begun;
  }
}

/** The known properties of a device, for the event's data. */
function presentOf({ userAgent, ipAddress }: Device): Readonly<Record<string, string>> {
  return {
    ...(userAgent !== null && { userAgent }),
    ...(ipAddress !== null && { ipAddress }),
  };
}

/** The same refusal for an unknown login, a wrong password, and an account that may not sign in. */
export function credentialsInvalid(): Refusal {
  return refuse('CREDENTIALS_INVALID', 'Login and password do not match an account.');
}

interface StandingAccount {
  readonly accountId: string;
  readonly role: Role;
}

const activateAccount = statement<StandingAccount>(
  'admission.activate',
  `update account set status = 'ACTIVE', updated_at = now()
  where id = $1 and ($2::text is null or password_hash = $2) and status = 'NEW' and deleted_at is null
  returning id as "accountId", role`,
);

const lockOpenAccount = statement<StandingAccount>(
  'admission.lock_open',
  `select id as "accountId", role from account
  where id = $1 and ($2::text is null or password_hash = $2) and status <> 'SUSPENDED' and deleted_at is null
  for share`,
);

const knowAddress = statement(
  'admission.know_address',
  `insert into known_address (account_id, ip_address) values ($1, $2)
  on conflict (account_id, ip_address) do update set signed_in_at = now()`,
);
