import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow, Prefix } from '../domain/ids.ts';
import { Notification } from '../entities/notification.entity.ts';
import { makeByIdLoader, makeGroupLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

const columns = columnsOf(Notification, 'n', [
  'id',
  'accountId',
  'kind',
  'title',
  'body',
  'subjectType',
  'subjectId',
  'readAt',
  'createdAt',
]);

export interface NotificationRow extends NodeRow, RowOf<typeof columns> {
  readonly subjectType: Prefix | null;
}

export const notificationById = makeByIdLoader({
  prefix: 'notification',
  statement: statement<NotificationRow>(
    'notification.byId',
    `select ${columns.sql} from notification n where n.id = any($1::uuid[])`,
  ),
});

export const notificationsOfAccount = makeNestedList<NotificationRow, 'newest', 'unreadOnly'>({
  name: 'account.notifications',
  prefix: 'notification',
  columns: columns.sql,
  from: 'notification n',
  parent: 'n.account_id',
  filters: { unreadOnly: 'n.read_at is null' },
  orders: {
    newest: {
      direction: 'desc',
      keys: [
        { sql: 'n.created_at', type: 'timestamptz', field: 'createdAt' },
        { sql: 'n.id', type: 'uuid', field: 'uuid' },
      ],
    },
  },
});

export const unreadCountOfAccount = makeGroupLoader({
  statement: statement<{ readonly accountId: string; readonly count: number }>(
    'notification.unreadCount',
    `select account_id as "accountId", count(*)::int as "count"
     from notification where account_id = any($1::uuid[]) and read_at is null group by account_id`,
  ),
  keyOf: (row) => row.accountId,
});
