import { columnsOf, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import { Session } from '../entities/session.entity.ts';
import { makeGroupLoader } from './make-loader.ts';

const columns = columnsOf(Session, null, [
  // Clients see it too: it is the claim `sid`.
  { id: 'id' },
  'accountId',
  'createdAt',
  'lastSeenAt',
  'userAgent',
  'ipAddress',
]);

export type SessionRow = RowOf<typeof columns>;

/** The live sessions, at most 50 of an account, the last seen first. */
export const sessionsOfAccount = makeGroupLoader({
  statement: statement<SessionRow>(
    'session.ofAccount',
    `select s.* from unnest($1::uuid[]) with ordinality as owner (id, place)
     cross join lateral (
       select ${columns.sql}
       from session where account_id = owner.id and ended_at is null and expires_at > now()
       order by last_seen_at desc, session.id desc limit 50
     ) s
     order by owner.place, s."lastSeenAt" desc, s.id desc`,
  ),
  keyOf: (row) => row.accountId,
});
