import type { Device } from '../auth/device.ts';
import type { Viewer } from '../auth/viewer.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';

/** What happened to an account or a session. */
export type AuditAction =
  | 'account.created'
  | 'account.suspended'
  | 'account.readmitted'
  | 'account.deleted'
  | 'role.changed'
  | 'password.changed'
  | 'session.started'
  | 'session.refused'
  | 'session.throttled'
  | 'session.ended'
  | 'session.revoked'
  | 'session.reused'
  | 'identity.linked'
  | 'identity.unlinked'
  | 'identity.refused';

/** Who does something, and on which device. */
export interface Actor {
  readonly viewer: Pick<Viewer, 'accountId' | 'role'>;
  readonly device: Device;
}

export interface AuditRecord {
  readonly action: AuditAction;
  /** Who did it; null if nobody is signed in. */
  readonly actorId: string | null;
  /** The account that it was done to; null if unknown. */
  readonly subjectId: string | null;
  /** Where it was done from; null if a command did it. */
  readonly device: Device | null;
  /** Never a secret, a name or an address: the record outlives the person. */
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}

/** Writes a security event in the transaction that it is about. */
export async function audit(
  tx: Transaction,
  { action, actorId, subjectId, device, detail }: AuditRecord,
): Promise<void> {
  await tx.query(insertAuditEvent, [
    action,
    actorId,
    subjectId,
    detail === undefined ? null : JSON.stringify(detail),
    device?.ipAddress ?? null,
    device?.userAgent ?? null,
  ]);
}

const insertAuditEvent = statement(
  'audit.insert',
  `with event as (
    insert into audit_event (action, actor_id, subject_id, detail) values ($1, $2, $3, $4) returning id
  )
  insert into audit_origin (audit_event_id, ip_address, user_agent)
  select id, $5, $6 from event where coalesce($5, $6) is not null`,
);

/** Deletes the origins of a person's actions, and of attempts by unknown people to act as them. */
export async function forgetOrigins(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(deleteOrigins, [accountId]);
}

const deleteOrigins = statement(
  'audit.forget_origins',
  `delete from audit_origin using audit_event e
  where e.id = audit_event_id and (e.actor_id = $1 or (e.actor_id is null and e.subject_id = $1))`,
);
