import { DeferredWrites } from '../database/deferred-writes.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { newUuid, type Prefix } from '../domain/ids.ts';
import type { NotificationKind } from '../entities/notification.entity.ts';
import type { Outbox } from '../pubsub/outbox.ts';

export interface NewNotification {
  readonly accountId: string;
  readonly kind: NotificationKind;
  readonly title: string;
  readonly body: string;
  readonly subject: { readonly type: Prefix; readonly uuid: string };
}

type IdentifiedNotification = NewNotification & { readonly notificationId: string };

/** Writes notifications to people, in the transaction of what they are about. */
export class Notifier {
  readonly #outbox: Outbox;
  readonly #rows = new DeferredWrites('beforeCommit', write);

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Enqueues notifications: they are written and published in this order when the transaction commits. */
  notify(tx: Transaction, ...notifications: readonly NewNotification[]): void {
    const identified = notifications.map((notification) => ({ ...notification, notificationId: newUuid() }));
    this.#rows.add(tx, identified);
    for (const { notificationId, accountId } of identified) {
      this.#outbox.publish(tx, 'notification_received', accountId, { notificationId });
    }
  }
}

async function write(tx: Transaction, notifications: readonly IdentifiedNotification[]): Promise<void> {
  await tx.query(insertNotifications, [
    notifications.map(({ notificationId }) => notificationId),
    notifications.map(({ accountId }) => accountId),
    notifications.map(({ kind }) => kind),
    notifications.map(({ title }) => title),
    notifications.map(({ body }) => body),
    notifications.map(({ subject }) => subject.type),
    notifications.map(({ subject }) => subject.uuid),
  ]);
}

// Skips deleted accounts: their notifications would stay forever, and nobody would read them.
const insertNotifications = statement(
  'notifier.insert',
  `insert into notification (id, account_id, kind, title, body, subject_type, subject_id)
  select told.* from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[])
    as told (id, account_id, kind, title, body, subject_type, subject_id)
  join account on account.id = told.account_id and account.deleted_at is null
  for key share of account`,
);
