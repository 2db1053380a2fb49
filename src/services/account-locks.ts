import { unauthenticated, type Viewer } from '../auth/viewer.ts';
import { columnsOf, type RowOf } from '../database/columns.ts';
import { queueAlone, queueShared } from '../database/fair-lock.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { Account } from '../entities/account.entity.ts';

// What keeps changes to people out of each other's way. Whoever takes several of these locks takes them in this order:
// the person's events, then accounts in the order of their ids, then posts, then collections, then all else.

/** The key, in SQL, of the lock under which a person's ($1) events are applied. */
export const personLockKey = "hashtextextended('questline_person:' || $1, 0)";

/** Waits until none of a person's events is being applied, and holds the workers off until the transaction ends. */
export async function lockEvents(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(lockPerson, [accountId]);
}

const columns = columnsOf(Account, null, [{ accountId: 'id' }, 'username', 'passwordHash', 'role', 'status']);

type AccountRow = RowOf<typeof columns>;

/** An account that nobody else changes until the transaction ends. */
export interface LockedAccount extends AccountRow {
  /** Whether nobody else is an admin who may sign in. */
  readonly isLastAdmin: boolean;
}

/**
 * Locks whom something is done to, and who does it: an admin who acts on somebody else stays one while they do, so that
 * only those who act on themselves can be the last. For these, all admins are locked.
 * @returns null where there is no such account
 * @throws ApiError UNAUTHENTICATED where the viewer has become something else meanwhile, as their next request would
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
 * Keeps the viewer from being deleted until the transaction ends: the first thing to do where something of theirs is
 * made, for what comes after the deletion would stay.
 * @throws ApiError UNAUTHENTICATED where they are deleted, as their next request would
 */
export async function holdAccount(tx: Transaction, { accountId }: Pick<Viewer, 'accountId'>): Promise<void> {
  const rows = await tx.query(hold, [accountId]);
  if (rows.length === 0) throw unauthenticated();
}

/** Waits for all that holds a locked account, and holds off whoever would, until the transaction ends. */
export async function lockOut(tx: Transaction, accountId: string): Promise<void> {
  await tx.query(lockAlone, [accountId]);
}

function isActiveAdmin({ role, status }: AccountRow): boolean {
  return role === 'ADMIN' && status !== 'SUSPENDED';
}

const lockPerson = statement('account.lock_events', `select pg_advisory_xact_lock(${personLockKey})`);

// Not `for update`, which would wait for everyone who makes something of the other admins'.
const lockAccounts = statement<AccountRow>(
  'account.lock',
  `select ${columns.sql} from account where id = any($1) and deleted_at is null order by id for no key update`,
);

const lockAdmins = statement<AccountRow>(
  'account.lock_admins',
  `select ${columns.sql} from account where role = 'ADMIN' and deleted_at is null order by id for no key update`,
);

// The weakest lock there is, and enough: a deletion, which takes `for update`, waits for it. Changes of profile, role
// and status take `for no key update` and pass: they undo nothing of what is made meanwhile.
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
