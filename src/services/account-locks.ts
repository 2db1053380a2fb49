import { unauthenticated, type Viewer } from '../auth/viewer.ts';
import { columnsOf, type RowOf } from '../database/columns.ts';
import { queueAlone, queueShared } from '../database/fair-lock.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { Account } from '../entities/account.entity.ts';

// Locks that keep concurrent changes to accounts apart. Code that takes several locks takes them in this order: the
// person's events, then accounts in the order of their ids, then posts, then collections, then everything else.

/** The key, as a SQL expression, of the lock under which the events of a person ($1) are applied. */
export const personLockKey = "hashtextextended('questline_person:' || $1, 0)";

/** Waits until none of a person's events is being applied, and holds off workers until the transaction ends. */
export async function lockEvents(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(lockPerson, [accountId]);
}

const columns = columnsOf(Account, null, [{ accountId: 'id' }, 'username', 'passwordHash', 'role', 'status']);

type LockedAccountRow = RowOf<typeof columns>;

/** An account that nobody else can change until the transaction ends. */
export interface LockedAccount extends LockedAccountRow {
  /** Whether this is an active admin, and no other account is. */
  readonly isLastAdmin: boolean;
}

/**
 * Locks the account to change and the viewer's own. An admin who changes somebody else stays an admin meanwhile, so
 * that only an admin who changes themselves can be the last one; in that case all admins are locked.
 * @returns null if there is no such account
 * @throws ApiError UNAUTHENTICATED if the viewer's role or status has changed meanwhile, as their next request would
 */
export async function lockForChange(
  tx: Transaction,
  { accountId: viewerId, role }: Pick<Viewer, 'accountId' | 'role'>,
  accountId: string,
): Promise<LockedAccount | null> {
  const rows =
    viewerId === accountId && role === 'ADMIN'
      ? await tx.query(lockAdmins)
      : await tx.query(lockAccounts, [[viewerId, accountId]]);
  const viewer = rows.find((row) => row.accountId === viewerId);
  if (viewer?.role !== role || viewer.status === 'SUSPENDED') throw unauthenticated();
  const account = rows.find((row) => row.accountId === accountId);
  if (account === undefined) return null;
  const others = rows.filter((row) => row !== account && isActiveAdmin(row));
  return { ...account, isLastAdmin: isActiveAdmin(account) && others.length === 0 };
}

/**
 * Keeps the viewer from being deleted until the transaction ends. To be called first when something is made for them,
 * because what is made after the deletion would stay.
 * @throws ApiError UNAUTHENTICATED if they are deleted, as their next request would
 */
export async function holdAccount(tx: Transaction, { accountId }: Pick<Viewer, 'accountId'>): Promise<void> {
  const rows = await tx.query(hold, [accountId]);
  if (rows.length === 0) throw unauthenticated();
}

/** Waits for all who hold a locked account, and keeps others from holding it until the transaction ends. */
export async function lockOut(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(lockAlone, [accountId]);
}

function isActiveAdmin({ role, status }: LockedAccountRow): boolean {
  return role === 'ADMIN' && status !== 'SUSPENDED';
}

const lockPerson = statement('account.lock_events', `select pg_advisory_xact_lock(${personLockKey})`);

// Not `for update`, which would wait for every transaction that makes something for one of the other admins.
const lockAccounts = statement<LockedAccountRow>(
  'account.lock',
  `select ${columns.sql} from account where id = any($1) and deleted_at is null order by id for no key update`,
);

const lockAdmins = statement<LockedAccountRow>(
  'account.lock_admins',
  `select ${columns.sql} from account where role = 'ADMIN' and deleted_at is null order by id for no key update`,
);

// The weakest row lock is enough: a deletion, which takes `for update`, waits for it. Changes of profile, role and
// status take `for no key update` and do not wait: they do not affect what is made meanwhile.
const hold = statement(
  'account.hold',
  `with queued as materialized (select $1::uuid as id, ${queueShared('$1::uuid')})
  select from account where id = (select id from queued) and deleted_at is null for key share`,
);

const lockAlone = statement(
  'account.lock_alone',
  `with queued as materialized (select $1::uuid as id, ${queueAlone('$1::uuid')})
  select from account where id = (select id from queued) for update`,
);
