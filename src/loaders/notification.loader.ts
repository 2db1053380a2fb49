import { statement } from '../database/statement.ts';
import type { NodeRow, Prefix } from '../domain/ids.ts';
import { makeByIdLoader, makeGroupLoader } from './make-loader.ts';
import { makeNestedList } from './make-nested-list.ts';

export interface NotificationRow extends NodeRow {
  readonly accountId: string;
  readonly kind: 'QUEST_COMPLETED' | 'REWARD_GRANTED' | 'PURCHASE_MADE' | 'SYSTEM';
  readonly title: string;
  readonly body: string;
  readonly subjectType: Prefix | null;
  readonly subjectId: string | null;
  readonly readAt: Date | null;
  readonly createdAt: Date;
}

const columns = `n.id as "uuid", n.account_id as "accountId", n.kind, n.title, n.body,
  n.subject_type as "subjectType", n.subject_id as "subjectId", n.read_at as "readAt",
  n.created_at as "createdAt"`;

export const notificationById = makeByIdLoader({
  prefix: 'notification',
  statement: statement<NotificationRow>(
    'notification.byId',
    `select ${columns} from notification n where n.id = any($1::uuid[])`,
  ),
});

export const notificationsOfAccount = makeNestedList<NotificationRow, 'newest', 'unreadOnly'>({
  name: 'account.notifications',
  prefix: 'notification',
  columns,
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
