import { columnsOf, computed, type RowOf } from '../database/columns.ts';
import { statement } from '../database/statement.ts';
import type { NodeRow } from '../domain/ids.ts';
import { Account } from '../entities/account.entity.ts';
import type { Order } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader, makeLoader } from './make-loader.ts';

const userColumns = columnsOf(Account, 'a', [
  'id',
  'username',
  'displayName',
  'avatarUrl',
  'createdAt',
  { deleted: computed<boolean>('a.deleted_at is not null') },
]);
const accountColumns = columnsOf(Account, 'a', ['id', 'email', 'role', 'status', 'timeZone']);
const orderColumns = columnsOf(Account, 'a', ['createdAt']);

export interface UserRow extends NodeRow, RowOf<typeof userColumns> {}

export interface AccountRow extends NodeRow, RowOf<typeof accountColumns> {
  /** Only deleted accounts have none, and they are not read. */
  readonly email: string;
}

/** A row of the list, with the columns that it is ordered by. */
export interface AccountListRow extends AccountRow, RowOf<typeof orderColumns> {}

/** Also finds a deleted person, under the pseudonym that purchases and the ledger lead to. */
export const userById = makeByIdLoader({
  prefix: 'user',
  statement: statement<UserRow>(
    'user.byId',
    `select ${userColumns.sql} from account a where a.id = any($1::uuid[])`,
  ),
});

/** By the username in lower case, which is unique. */
export const userByName = makeLoader({
  prefix: 'user',
  statement: statement<UserRow>(
    'user.byName',
    `select ${userColumns.sql} from account a where lower(a.username) = any($1::text[])`,
  ),
  keyOf: (row) => row.username.toLowerCase(),
});

export const accountById = makeByIdLoader({
  prefix: 'account',
  statement: statement<AccountRow>(
    'account.byId',
    `select ${accountColumns.sql} from account a where a.id = any($1::uuid[]) and a.deleted_at is null`,
  ),
});

const newest: Order<AccountListRow | UserRow> = {
  direction: 'desc',
  keys: [
    { sql: 'a.created_at', type: 'timestamptz', field: 'createdAt' },
    { sql: 'a.id', type: 'uuid', field: 'uuid' },
  ],
};

const present = 'a.deleted_at is null';

const users = { prefix: 'user', columns: userColumns.sql, from: 'account a', orders: { newest } } as const;

export const userList = makeList<UserRow, 'newest'>({ ...users, name: 'users', where: present });

/** Users whose username or display name begins with $1. */
export const userSearch = makeList<UserRow, 'newest'>({
  ...users,
  name: 'users.search',
  cursors: 'users',
  where: `${present} and (${anyBeginsWith(['lower(a.username)', 'search_name(a.display_name)'], '$1')})`,
  parameters: 1,
  plannedAnew: true,
});

const accounts = {
  prefix: 'account',
  columns: `${accountColumns.sql}, ${orderColumns.sql}`,
  from: 'account a',
  filters: { role: (value: string) => `a.role = ${value}` },
  orders: { newest },
} as const;

export const accountList = makeList<AccountListRow, 'newest', 'role'>({
  ...accounts,
  name: 'accounts',
  where: present,
});

/** Accounts whose username, display name or email begins with $1. */
export const accountSearch = makeList<AccountListRow, 'newest', 'role'>({
  ...accounts,
  name: 'accounts.search',
  cursors: 'accounts',
  where: `${present} and (${anyBeginsWith(['lower(a.username)', 'search_name(a.display_name)', 'lower(a.email)'], '$1')})`,
  parameters: 1,
  plannedAnew: true,
});

/** Ignores case and accents. A range needs no escapes: nothing that somebody types is a wildcard. */
function anyBeginsWith(names: readonly string[], parameter: string): string {
  const first = `search_name(${parameter}::text)`;
  // No character comes after this one.
  const beyond = `(${first} || chr(1114111))`;
  return names.map((name) => `${name} ~>=~ ${first} and ${name} ~<~ ${beyond}`).join(' or ');
}
