import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';

/** What people do with their notifications. */
export class NotificationService {
  constructor(private readonly database: Database) {}

  /**
   * Marks the viewer's own notifications read; the ids of others are passed over.
   * @param notificationIds null for all
   * @returns how many are unread then
   */
  markRead(
    { accountId }: Pick<Viewer, 'accountId'>,
    notificationIds: readonly string[] | null,
  ): Promise<number> {
    return transaction(this.database, async (tx) => {
      await tx.query(markRead, [accountId, notificationIds]);
      const [left] = await tx.query(countUnread, [accountId]);
      return left?.unread ?? 0;
    });
  }
}

const markRead = statement(
  'notification.mark_read',
  `update notification set read_at = now()
  where account_id = $1 and read_at is null and ($2::uuid[] is null or id = any($2))`,
);

const countUnread = statement<{ unread: number }>(
  'notification.count_unread',
  'select count(*) as unread from notification where account_id = $1 and read_at is null',
);
