import type { Viewer } from '../auth/viewer.ts';
import { type Statement, statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { isVisible, privateOwnersFor } from '../database/visible-collections.ts';
import type { Visibility } from '../entities/collection.entity.ts';
import { ApiError } from './api-error.ts';
import { type Refusal, refuse } from './refusal.ts';

// Whoever writes to a collection locks it first, so that what its live events say of who may see it is true in the
// order in which they are delivered. What the viewer may not see is neither locked nor waited for.

/** A collection that stays as it is until the transaction ends. */
export interface LockedCollection {
  readonly collectionId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly visibility: Visibility;
  readonly version: number;
}

type Writer = Pick<Viewer, 'accountId' | 'role'>;

/**
 * Locks a collection that the viewer wants to change or delete.
 * @param collectionId null where the id that was given is no collection's
 * @throws ApiError FORBIDDEN where the viewer sees it and may not change it
 */
export async function lockCollection(
  tx: Transaction,
  viewer: Writer,
  collectionId: string | null,
): Promise<LockedCollection | Refusal> {
  const [collection] = await lockVisible(tx, lockAlone, viewer, [collectionId]);
  return collection ?? refuse('NOT_FOUND', 'There is no such collection.', ['id']);
}

/**
 * Locks a collection whose posts the viewer wants to change; others may do the same at the same time.
 * @param collectionId null where the id that was given is no collection's
 * @throws ApiError FORBIDDEN where the viewer sees it and may not change it
 */
export async function holdCollection(
  tx: Transaction,
  viewer: Writer,
  collectionId: string | null,
): Promise<LockedCollection | Refusal> {
  const [collection] = await lockVisible(tx, lockShared, viewer, [collectionId]);
  return collection ?? refuse('NOT_FOUND', 'There is no such collection.', ['collectionId']);
}

/**
 * Like `holdCollection`, for many.
 * @param collectionIds null for each that is no collection's; an id may come twice
 * @returns each once; NOT_FOUND where the viewer does not see all of them
 * @throws ApiError FORBIDDEN where the viewer sees all and may not change all
 */
export async function holdCollections(
  tx: Transaction,
  viewer: Writer,
  collectionIds: readonly (string | null)[],
): Promise<LockedCollection[] | Refusal> {
  if (collectionIds.length === 0) return [];
  const held = await lockVisible(tx, lockShared, viewer, collectionIds);
  if (held.length === new Set(collectionIds).size) return held;
  return refuse('NOT_FOUND', 'There is no such collection.', ['collectionIds']);
}

async function lockVisible(
  tx: Transaction,
  lock: Statement<LockedCollection>,
  viewer: Writer,
  collectionIds: readonly (string | null)[],
): Promise<LockedCollection[]> {
  const collections = await tx.query(lock, [collectionIds, privateOwnersFor(viewer)]);
  const isAll = collections.length === new Set(collectionIds).size;
  const mayWrite = collections.every(
    ({ ownerId }) => ownerId === viewer.accountId || viewer.role === 'ADMIN',
  );
  // What is not there is told first, as it would be without the others.
  if (isAll && !mayWrite)
    throw new ApiError('FORBIDDEN', 'Only its owner and admins may change a collection.');
  return collections;
}

function lockStatement(name: string, strength: 'share' | 'update'): Statement<LockedCollection> {
  return statement(
    name,
    `select c.id as "collectionId", c.owner_id as "ownerId", c.name, c.visibility, c.version
    from collection c where c.id = any($1::uuid[]) and ${isVisible('$2')}
    order by c.id for ${strength}`,
  );
}

const lockAlone = lockStatement('collection.lock', 'update');
const lockShared = lockStatement('collection.hold', 'share');
