import { statement } from '../database/statement.ts';
import { makeGroupLoader } from './make-loader.ts';

export interface SessionRow {
  /** Also what clients see: the claim `sid`. */
  readonly id: string;
  readonly accountId: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly userAgent: string | null;
  readonly ipAddress: string | null;
}

/** Those that live, at most 50 of an account, the last seen first. */
export const sessionsOfAccount = makeGroupLoader({
  statement: statement<SessionRow>(
    'session.ofAccount',
    `select s.* from unnest($1::uuid[]) with ordinality as owner (id, place)
     cross join lateral (
       select id, account_id as "accountId", created_at as "createdAt", last_seen_at as "lastSeenAt",
         user_agent as "userAgent", ip_address as "ipAddress"
       from session where account_id = owner.id and ended_at is null and expires_at > now()
       order by last_seen_at desc, session.id desc limit 50
     ) s
     order by owner.place, s."lastSeenAt" desc, s.id desc`,
  ),
  keyOf: (row) => row.accountId,
});
