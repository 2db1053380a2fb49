import { z } from 'zod';
import type { Writer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { transaction } from '../database/transaction.ts';
import { body, check, title } from '../domain/fields.ts';
import { toId } from '../domain/ids.ts';
import { Refusal, versionConflict } from '../domain/refusal.ts';
import { Post } from '../entities/post.entity.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { everyone } from '../pubsub/topics.ts';
import { holdAccount } from './account-locks.ts';
import { adminNotice } from './admin-notice.ts';
import { holdCollections } from './collection-lock.ts';
import type { CollectionPosts } from './collection-posts.ts';
import { removePosts } from './content-removal.ts';
import type { Notifier } from './notifier.ts';
import { type LockedPost, lockPostAlone, lockPostForChange } from './post-lock.ts';
import type { Recorder } from './recorder.ts';

export interface PostKey {
  readonly postId: string;
}

export interface NewPost {
  readonly title: string;
  readonly body: string;
  /** Null for each id that is not a collection's. */
  readonly collectionIds: readonly (string | null)[];
}

/** Omitted fields stay as they are. */
export interface PostChanges {
  readonly title?: string | null;
  readonly body?: string | null;
}

export interface PostServiceOptions {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
  readonly collectionPosts: CollectionPosts;
}

/** How many collections a new post can go into; each is locked, publishes a live event and records an event. */
const mostCollections = 100;

const postRules = z.object({ title, body });
const newPost = postRules.extend({
  collectionIds: z.array(z.string().nullable()).max(mostCollections, `Can have at most ${mostCollections}.`),
});
const postChanges = postRules.partial();

/** Posts that people write. */
export class PostService {
  readonly #options: PostServiceOptions;

  constructor(options: PostServiceOptions) {
    this.#options = options;
  }

  /**
   * Creates a post by the viewer, and adds it to collections.
   * @returns INVALID if there are more than 100 collections, NOT_FOUND if the viewer does not see one of them
   * @throws ApiError FORBIDDEN if the viewer may not change one of them
   */
  async create(viewer: Writer, input: NewPost): Promise<PostKey | Refusal> {
    const checked = check(newPost, input);
    if (checked instanceof Refusal) return checked;
    const { collectionIds, ...fields } = checked;
    const { database, outbox, recorder, collectionPosts } = this.#options;
    const { accountId } = viewer;
    return transaction(database, async (tx) => {
      await holdAccount(tx, viewer);
      const collections = await holdCollections(tx, viewer, collectionIds);
      if (collections instanceof Refusal) return collections;
      const post = tx.em.create(Post, { ...fields, authorId: accountId });
      await tx.em.flush();
      const postId = post.id;
      outbox.publish(tx, 'post_changed', everyone, { action: 'CREATED', postId, authorId: accountId });
      const data = { postId: toId('post', postId) };
      recorder.recordOwn(tx, { accountId, eventType: 'post.created', data });
      await collectionPosts.add(tx, viewer, collections, postId);
      return { postId };
    });
  }

  /**
   * Changes a post if it still has the version that the viewer has seen.
   * @param postId null if the given id is not a post's
   * @throws ApiError FORBIDDEN if it is somebody else's
   */
  async update(
    viewer: Writer,
    postId: string | null,
    expectedVersion: number,
    input: PostChanges,
  ): Promise<PostKey | Refusal> {
    const changes = check(postChanges, input);
    if (changes instanceof Refusal) return changes;
    const { database, outbox, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const locked = await lockPostForChange(tx, viewer, postId);
      if (locked instanceof Refusal) return locked;
      if (locked.version !== expectedVersion) return versionConflict('post');
      const post = await tx.em.findOneOrFail(Post, locked.postId);
      Object.assign(post, changes, { updatedAt: new Date() });
      await tx.em.flush();
      const key = { postId: locked.postId };
      outbox.publish(tx, 'post_changed', everyone, { action: 'UPDATED', ...key, authorId: locked.authorId });
      notifier.notify(tx, ...noticeOf(viewer, locked, 'changed'));
      return key;
    });
  }

  /**
   * Deletes a post, also from every collection.
   * @param postId null if the given id is not a post's
   * @throws ApiError FORBIDDEN if it is somebody else's
   */
  delete(viewer: Writer, postId: string | null): Promise<PostKey | Refusal> {
    const { database, outbox, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const locked = await lockPostAlone(tx, viewer, postId);
      if (locked instanceof Refusal) return locked;
      await removePosts(tx, outbox, [locked]);
      notifier.notify(tx, ...noticeOf(viewer, locked, 'deleted'));
      return { postId: locked.postId };
    });
  }
}

function noticeOf(viewer: Writer, { postId, authorId, title }: LockedPost, what: 'changed' | 'deleted') {
  return adminNotice(viewer, authorId, {
    title: `Post ${what}`,
    body: `An admin ${what} your post “${title}”.`,
    subject: { type: 'post', uuid: postId },
  });
}
