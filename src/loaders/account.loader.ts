import { statement } from '../database/statement.ts';
import type { NodeRow } from '../schema/ids.ts';
import { makeByIdLoader, makeLoader } from './make-loader.ts';

export interface UserRow extends NodeRow {
  readonly username: string;
  readonly displayName: string;
  readonly avatarUrl: string | null;
  readonly createdAt: Date;
  readonly deleted: boolean;
}

export interface AccountRow extends NodeRow {
  readonly email: string;
  readonly role: 'USER' | 'ADMIN' | 'SERVICE';
  readonly status: 'NEW' | 'ACTIVE' | 'SUSPENDED';
  readonly timeZone: string;
}

const userColumns = `id as "uuid", username, display_name as "displayName", avatar_url as "avatarUrl",
  created_at as "createdAt", deleted_at is not null as "deleted"`;

/** A deleted person is found too, under the pseudonym that purchases and the ledger lead to. */
export const userById = makeByIdLoader({
  prefix: 'user',
  statement: statement<UserRow>('user.byId', `select ${userColumns} from account where id = any($1::uuid[])`),
});

/** By the username in lower case, in which it is unique. */
export const userByName = makeLoader({
  prefix: 'user',
  statement: statement<UserRow>(
    'user.byName',
    `select ${userColumns} from account where lower(username) = any($1::text[])`,
  ),
  keyOf: (row) => row.username.toLowerCase(),
});

export const accountById = makeByIdLoader({
  prefix: 'account',
  statement: statement<AccountRow>(
    'account.byId',
    `select id as "uuid", email, role, status, time_zone as "timeZone"
     from account where id = any($1::uuid[]) and deleted_at is null`,
  ),
});
