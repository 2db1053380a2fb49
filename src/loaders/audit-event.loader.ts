import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { AuditEvent, AuditOrigin } from '../entities/audit-event.entity.ts';
import type { Order } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';

const partyColumns = columnsOf(AuditEvent, 'e', ['id', 'action', 'actorId', 'subjectId']);
const originColumns = columnsOf(AuditOrigin, 'o', ['ipAddress', 'userAgent']);
const detailColumns = columnsOf(AuditEvent, 'e', ['detail', 'createdAt']);
const columns = `${partyColumns.sql}, ${originColumns.sql}, ${detailColumns.sql}`;

export interface AuditEventRow
  extends NodeRow,
    RowOf<typeof partyColumns>,
    RowOf<typeof originColumns>,
    RowOf<typeof detailColumns> {}

/** A left join, because the origin of a deleted person's event is gone. */
const origin = 'left join audit_origin o on o.audit_event_id = e.id';

export const auditEventById = makeByIdLoader({
  prefix: 'audit',
  statement: statement<AuditEventRow>(
    'audit.byId',
    `select ${columns} from audit_event e ${origin} where e.id = any($1::uuid[])`,
  ),
});

const newest: Order<AuditEventRow> = {
  direction: 'desc',
  keys: [
    { sql: 'e.created_at', type: 'timestamptz', field: 'createdAt' },
    { sql: 'e.id', type: 'uuid', field: 'uuid' },
  ],
};

const auditEvents = { prefix: 'audit', columns, orders: { newest } } as const;

export const auditEventList = makeList<AuditEventRow, 'newest'>({
  ...auditEvents,
  name: 'auditEvents',
  from: `audit_event e ${origin}`,
});

// PostgreSQL merges two indexes in their order, and a page reads only the top. It does so only if the parts have no
// conditions of their own; an `or` would read and sort all events of the account.
const withParties = `(
    select *, subject_id as party, false as again from audit_event
    union all
    select *, actor_id, actor_id is not distinct from subject_id from audit_event
  ) e`;

/** What was done to an account ($1), and what it did. */
export const auditEventsOfAccount = makeList<AuditEventRow, 'newest'>({
  ...auditEvents,
  name: 'auditEvents.ofAccount',
  cursors: 'auditEvents',
  from: `${withParties} ${origin}`,
  where: 'e.party = $1 and not e.again',
  parameters: 1,
});
