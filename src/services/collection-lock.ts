import type { Writer } from '../auth/viewer.ts';
import { columnsOf, type RowOf } from '../database/columns.ts';
import { queueAlone, queueShared } from '../database/fair-lock.ts';
import { type Statement, statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { isOwned, isVisible, privateOwnersFor } from '../database/visible-collections.ts';
import { ApiError } from '../domain/errors.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { Collection } from '../entities/collection.entity.ts';

// Every write to a collection locks it first, so that the visibility in its live events is right in the order in which
// they are delivered. A collection that the viewer may not change is neither locked nor waited for.

const columns = columnsOf(Collection, 'c', [
  { collectionId: 'id' },
  'ownerId',
  'name',
  'visibility',
  'version',
]);

/** A collection that stays as it is until the transaction ends. */
export type LockedCollection = RowOf<typeof columns>;

/**
 * Locks a collection that the viewer wants to change or delete.
 * @param collectionId null if the given id is not a collection's
 * @throws ApiError FORBIDDEN if the viewer sees it but may not change it
 */
export async function lockCollection(
  tx: Transaction,
  viewer: Writer,
  collectionId: string | null,
): Promise<LockedCollection | Refusal> {
  return theOnly(await lockAll(tx, lockAlone, viewer, [collectionId]), 'id');
}

/**
 * Locks a collection whose posts the viewer wants to change; others may do the same at the same time.
 * @param collectionId null if the given id is not a collection's
 * @throws ApiError FORBIDDEN if the viewer sees it but may not change it
 */
export async function holdCollection(
  tx: Transaction,
  viewer: Writer,
  collectionId: string | null,
): Promise<LockedCollection | Refusal> {
  return theOnly(await lockAll(tx, lockShared, viewer, [collectionId]), 'collectionId');
}

/**
 * Like `holdCollection`, for many.
 * @param collectionIds null for each id that is not a collection's; an id may occur twice
 * @returns each collection once; NOT_FOUND if the viewer does not see all of them
 * @throws ApiError FORBIDDEN if the viewer sees all of them but may not change all
 */
export async function holdCollections(
  tx: Transaction,
  viewer: Writer,
  collectionIds: readonly (string | null)[],
): Promise<readonly LockedCollection[] | Refusal> {
  if (collectionIds.length === 0) return [];
  return (await lockAll(tx, lockShared, viewer, collectionIds)) ?? notFound('collectionIds');
}

function theOnly(locked: readonly LockedCollection[] | undefined, field: string): LockedCollection | Refusal {
  const [collection] = locked ?? [];
  return collection ?? notFound(field);
}

function notFound(field: string): Refusal {
  return refuse('NOT_FOUND', 'There is no such collection.', [field]);
}

/** Undefined if the viewer does not see all of them; this is checked before FORBIDDEN. */
async function lockAll(
  tx: Transaction,
  lock: Statement<LockedCollection>,
  viewer: Writer,
  collectionIds: readonly (string | null)[],
): Promise<readonly LockedCollection[] | undefined> {
  const { size } = new Set(collectionIds);
  const values = [collectionIds, privateOwnersFor(viewer)];
  const locked = await tx.query(lock, values);
  if (locked.length === size) return locked;
  const visible = await tx.query(readVisible, values);
  if (visible.length < size) return undefined;
  throw new ApiError('FORBIDDEN', 'Only its owner and admins may change a collection.');
}

function lockStatement(name: string, queue: string, strength: 'share' | 'update') {
  return statement<LockedCollection>(
    name,
    `with own as materialized (
      select c.id from collection c where c.id = any($1::uuid[]) and ${isOwned('$2')} order by c.id
    ), queued as materialized (
      select id, ${queue} from own
    )
    select ${columns.sql} from collection c where c.id = any(array(select id from queued))
    order by c.id for ${strength}`,
  );
}

const lockAlone = lockStatement('collection.lock', queueAlone('id'), 'update');
const lockShared = lockStatement('collection.hold', queueShared('id'), 'share');

const readVisible = statement(
  'collection.visible',
  `select from collection c where c.id = any($1::uuid[]) and ${isVisible('$2')}`,
);
