import type { Transaction } from '../database/transaction.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import type { LivePayloads } from '../pubsub/topics.ts';
import type { LockedCollection } from './collection-lock.ts';

type ChangePayload = LivePayloads['collection_changed'];

/** What happened to a collection. If the visibilities are omitted, they have not changed. */
export type PublishedChange = Pick<ChangePayload, 'action'> &
  Partial<Pick<ChangePayload, 'postId' | 'visibility' | 'previousVisibility'>>;

/** Publishes a change to those who listen to a collection, with what decides who of them may see it. */
export function publishChange(
  tx: Transaction,
  outbox: Outbox,
  { collectionId, ownerId, visibility }: Pick<LockedCollection, 'collectionId' | 'ownerId' | 'visibility'>,
  change: PublishedChange,
): void {
  outbox.publish(tx, 'collection_changed', collectionId, {
    ownerId,
    visibility,
    previousVisibility: visibility,
    ...change,
  });
}
