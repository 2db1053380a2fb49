import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { transaction } from '../database/transaction.ts';

/** What people do with their notifications. */
export class NotificationService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Marks the viewer's own notifications as read; ids of other people's are ignored.
   * @param notificationIds null for all
   * @returns how many are still unread
   */
  async markRead(
    { accountId }: Pick<Viewer, 'accountId'>,
    notificationIds: readonly string[] | null,
  ): Promise<number> {
    for (;;) {
      const { found, unread } = await this.#markSome(accountId, notificationIds);
      if (found < pageSize) return unread;
    }
  }

  #markSome(
    accountId: string,
    notificationIds: readonly string[] | null,
  ): Promise<{ found: number; unread: number }> {
    return transaction(this.#database, async (tx) => {
      const [page] = await tx.query(markRead, [accountId, notificationIds]);
      const [left] = await tx.query(countUnread, [accountId]);
      return { found: page?.found ?? 0, unread: left?.unread ?? 0 };
    });
  }
}

/** How many are marked in one transaction, so that no transaction takes long. */
const pageSize = 5_000;

// Counts the rows found, not the rows marked, because a concurrent call may have marked all of them first.
const markRead = statement<{ found: number }>(
  'notification.mark_read',
  `with unread as materialized (
    select id from notification
    where account_id = $1 and read_at is null and ($2::uuid[] is null or id = any($2))
    order by created_at, id limit ${pageSize}
  ), marked as (
    update notification set read_at = now() where id in (select id from unread) and read_at is null
  )
  select count(*)::int as found from unread`,
);

const countUnread = statement<{ unread: number }>(
  'notification.count_unread',
  'select count(*) as unread from notification where account_id = $1 and read_at is null',
);
