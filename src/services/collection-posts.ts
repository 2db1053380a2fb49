import { v5 as nameBasedUuid } from 'uuid';
import type { Writer } from '../auth/viewer.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { toId } from '../domain/ids.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { adminNotice } from './admin-notice.ts';
import { publishChange } from './collection-events.ts';
import type { LockedCollection } from './collection-lock.ts';
import type { Notifier } from './notifier.ts';
import type { Recorder } from './recorder.ts';

export interface CollectionPostsOptions {
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
}

/** The posts in collections. The caller has locked the collections, and checked that the viewer may change them. */
export class CollectionPosts {
  readonly #options: CollectionPostsOptions;

  constructor(options: CollectionPostsOptions) {
    this.#options = options;
  }

  /** Adds a post, which the caller holds, to collections. Nothing happens to those that have it already. */
  async add(
    tx: Transaction,
    viewer: Writer,
    collections: readonly LockedCollection[],
    postId: string,
  ): Promise<void> {
    if (collections.length === 0) return;
    const { outbox, notifier, recorder } = this.#options;
    const ids = collections.map(({ collectionId }) => collectionId);
    const rows = await tx.query(insertPost, [ids, postId]);
    const joined = new Set(rows.map(({ collectionId }) => collectionId));
    const added = collections.filter(({ collectionId }) => joined.has(collectionId));
    for (const collection of added) publishChange(tx, outbox, collection, { action: 'POST_ADDED', postId });
    notifier.notify(tx, ...added.flatMap((collection) => noticeOf(viewer, collection, 'added a post to')));
    const { accountId } = viewer;
    recorder.recordOwn(
      tx,
      ...added.map(({ collectionId }) => ({
        accountId,
        eventType: 'collection.post_added' as const,
        eventId: idOfAddition(collectionId, postId),
        data: { collectionId: toId('collection', collectionId), postId: toId('post', postId) },
      })),
    );
  }

  /** Removes a post from a collection. Nothing happens if it is not in there. */
  async remove(tx: Transaction, viewer: Writer, collection: LockedCollection, postId: string): Promise<void> {
    const removed = await tx.query(deletePost, [collection.collectionId, postId]);
    if (removed.length === 0) return;
    const { outbox, notifier } = this.#options;
    publishChange(tx, outbox, collection, { action: 'POST_REMOVED', postId });
    notifier.notify(tx, ...noticeOf(viewer, collection, 'removed a post from'));
  }
}

/** A post counts once in a collection, for the first who adds it. Adding it again is the same event (RFC 9562, 5.5). */
function idOfAddition(collectionId: string, postId: string): string {
  return nameBasedUuid(`collection.post_added ${collectionId} ${postId}`, additions);
}

/** The namespace of these ids: an arbitrary UUID that must never change. */
const additions = '7f0c3f5e-3a0b-4c57-9d0e-6c1c6a1b8f42';

function noticeOf(viewer: Writer, { ownerId, collectionId, name }: LockedCollection, what: string) {
  return adminNotice(viewer, ownerId, {
    title: 'Collection changed',
    body: `An admin ${what} your collection “${name}”.`,
    subject: { type: 'collection', uuid: collectionId },
  });
}

const insertPost = statement<{ collectionId: string }>(
  'collection_post.insert',
  `insert into collection_post (collection_id, post_id) select id, $2 from unnest($1::uuid[]) as id
  on conflict do nothing
  returning collection_id as "collectionId"`,
);

const deletePost = statement(
  'collection_post.delete',
  'delete from collection_post where collection_id = $1 and post_id = $2 returning 1',
);
