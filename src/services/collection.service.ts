import { z } from 'zod';
import type { Writer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { check, name } from '../domain/fields.ts';
import { toId } from '../domain/ids.ts';
import { Refusal, refuse, versionConflict } from '../domain/refusal.ts';
import { Collection, type Visibility } from '../entities/collection.entity.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { holdAccount } from './account-locks.ts';
import { adminNotice } from './admin-notice.ts';
import { publishChange } from './collection-events.ts';
import { holdCollection, type LockedCollection, lockCollection } from './collection-lock.ts';
import type { CollectionPosts } from './collection-posts.ts';
import { removeCollections } from './content-removal.ts';
import type { Notifier } from './notifier.ts';
import { holdPost } from './post-lock.ts';
import type { Recorder } from './recorder.ts';

export interface CollectionKey {
  readonly collectionId: string;
}

export interface NewCollection {
  readonly name: string;
  readonly visibility: Visibility;
}

/** Omitted fields stay as they are. */
export interface CollectionChanges {
  readonly name?: string | null;
  readonly visibility?: Visibility | null;
}

/** A post and a collection; null for an id of another type. */
export interface CollectionPostKeys {
  readonly collectionId: string | null;
  readonly postId: string | null;
}

export interface CollectionServiceOptions {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
  readonly collectionPosts: CollectionPosts;
}

const visibility = z.enum(['PUBLIC', 'PRIVATE'], { error: 'Cannot be empty.' });
const collectionRules = z.object({ name, visibility });
const collectionChanges = collectionRules.partial();

/**
 * Collections of posts. Each method that takes the id of a collection returns NOT_FOUND if the viewer does not see it,
 * and throws ApiError FORBIDDEN if they see it but may not change it.
 */
export class CollectionService {
  readonly #options: CollectionServiceOptions;

  constructor(options: CollectionServiceOptions) {
    this.#options = options;
  }

  async create(viewer: Writer, input: NewCollection): Promise<CollectionKey | Refusal> {
    const fields = check(collectionRules, input);
    if (fields instanceof Refusal) return fields;
    const { database, recorder } = this.#options;
    const { accountId } = viewer;
    return transaction(database, async (tx) => {
      await holdAccount(tx, viewer);
      const collection = tx.em.create(Collection, { ...fields, ownerId: accountId });
      await tx.em.flush();
      const data = { collectionId: toId('collection', collection.id) };
      recorder.recordOwn(tx, { accountId, eventType: 'collection.created', data });
      return { collectionId: collection.id };
    });
  }

  /** Changes a collection if it still has the version that the viewer has seen. */
  async update(
    viewer: Writer,
    collectionId: string | null,
    expectedVersion: number,
    input: CollectionChanges,
  ): Promise<CollectionKey | Refusal> {
    const changes = check(collectionChanges, input);
    if (changes instanceof Refusal) return changes;
    const { database, outbox, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const locked = await lockCollection(tx, viewer, collectionId);
      if (locked instanceof Refusal) return locked;
      if (locked.version !== expectedVersion) return versionConflict('collection');
      const collection = await tx.em.findOneOrFail(Collection, locked.collectionId);
      Object.assign(collection, changes, { updatedAt: new Date() });
      await tx.em.flush();
      publishChange(tx, outbox, locked, { action: 'UPDATED', visibility: collection.visibility });
      notifier.notify(tx, ...noticeOf(viewer, locked, 'changed'));
      return { collectionId: locked.collectionId };
    });
  }

  delete(viewer: Writer, collectionId: string | null): Promise<CollectionKey | Refusal> {
    const { database, outbox, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const locked = await lockCollection(tx, viewer, collectionId);
      if (locked instanceof Refusal) return locked;
      await removeCollections(tx, outbox, [locked]);
      notifier.notify(tx, ...noticeOf(viewer, locked, 'deleted'));
      return { collectionId: locked.collectionId };
    });
  }

  /** Adds a post. Changes nothing if it is there already. */
  addPost(viewer: Writer, keys: CollectionPostKeys): Promise<CollectionKey | Refusal> {
    const { collectionPosts } = this.#options;
    return this.#withPost(viewer, keys, (tx, collection, postId) =>
      collectionPosts.add(tx, viewer, [collection], postId),
    );
  }

  /** Removes a post. Changes nothing if it is not there. */
  removePost(viewer: Writer, keys: CollectionPostKeys): Promise<CollectionKey | Refusal> {
    const { collectionPosts } = this.#options;
    return this.#withPost(viewer, keys, (tx, collection, postId) =>
      collectionPosts.remove(tx, viewer, collection, postId),
    );
  }

  #withPost(
    viewer: Writer,
    { collectionId, postId }: CollectionPostKeys,
    work: (tx: Transaction, collection: LockedCollection, postId: string) => Promise<void>,
  ): Promise<CollectionKey | Refusal> {
    return transaction(this.#options.database, async (tx) => {
      await holdAccount(tx, viewer);
      const post = await holdPost(tx, postId);
      const held = await holdCollection(tx, viewer, collectionId);
      if (held instanceof Refusal) return held;
      if (post === undefined) return refuse('NOT_FOUND', 'There is no such post.', ['postId']);
      await work(tx, held, post);
      return { collectionId: held.collectionId };
    });
  }
}

function noticeOf(
  viewer: Writer,
  { collectionId, ownerId, name }: LockedCollection,
  what: 'changed' | 'deleted',
) {
  return adminNotice(viewer, ownerId, {
    title: `Collection ${what}`,
    body: `An admin ${what} your collection “${name}”.`,
    subject: { type: 'collection', uuid: collectionId },
  });
}
