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
  /** Null for each id that is no collection's. */
  readonly collectionIds: readonly (string | null)[];
}

/** What is left out stays. */
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

/** What one post is put into at once; each is locked, told of and recorded. */
const mostCollections = 100;

const postRules = z.object({ title, body });
const newPost = postRules.extend({
  collectionIds: z.array(z.string().nullable()).max(mostCollections, `Can have at most ${mostCollections}.`),
});
const postChanges = postRules.partial();

/** What people write. */
export class PostService {
  readonly #options: PostServiceOptions;

  constructor(options: PostServiceOptions) {
    this.#options = options;
  }

  /**
   * Writes a post of the viewer's, into collections at once.
   * @returns INVALID where there are more than 100, NOT_FOUND where the viewer does not see one of the collections
   * @throws ApiError FORBIDDEN where one is somebody else's
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
   * Changes a post that is still at the version that the viewer has seen.
   * @param postId null where the id that was given is no post's
   * @throws ApiError FORBIDDEN where it is somebody else's
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
   * Deletes a post, out of every collection as well.
   * @param postId null where the id that was given is no post's
   * @throws ApiError FORBIDDEN where it is somebody else's
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
