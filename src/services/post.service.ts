import { LockMode } from '@mikro-orm/core';
import { z } from 'zod';
import type { Viewer } from '../auth/viewer.ts';
import type { Database } from '../database/database.ts';
import { type Transaction, transaction } from '../database/transaction.ts';
import { Post } from '../entities/post.entity.ts';
import { everyone } from '../pubsub/topics.ts';
import { toId } from '../schema/ids.ts';
import { adminNotice } from './admin-notice.ts';
import { ApiError } from './api-error.ts';
import { holdAuthor } from './author-lock.ts';
import { holdCollections } from './collection-lock.ts';
import type { CollectionPosts } from './collection-posts.ts';
import { removePosts } from './content-removal.ts';
import type { Notifier } from './notifier.ts';
import type { Publish } from './publish.ts';
import type { Recorder } from './recorder.ts';
import { Refusal, refuse } from './refusal.ts';
import { body, check, title } from './rules/fields.ts';

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
  readonly publish: Publish;
  readonly notifier: Notifier;
  readonly recorder: Recorder;
  readonly collectionPosts: CollectionPosts;
}

type Writer = Pick<Viewer, 'accountId' | 'role'>;

const postRules = z.object({ title, body });
const postChanges = postRules.partial();

/** What people write. */
export class PostService {
  readonly #options: PostServiceOptions;

  constructor(options: PostServiceOptions) {
    this.#options = options;
  }

  /**
   * Writes a post of the viewer's, into collections at once.
   * @returns NOT_FOUND where the viewer does not see one of the collections
   * @throws ApiError FORBIDDEN where one is somebody else's
   */
  async create(viewer: Writer, { collectionIds, ...input }: NewPost): Promise<PostKey | Refusal> {
    const fields = check(postRules, input);
    if (fields instanceof Refusal) return fields;
    const { database, publish, recorder, collectionPosts } = this.#options;
    const { accountId } = viewer;
    return transaction(database, async (tx) => {
      await holdAuthor(tx, accountId);
      const collections = await holdCollections(tx, viewer, collectionIds);
      if (collections instanceof Refusal) return collections;
      const post = tx.em.create(Post, { ...fields, authorId: accountId });
      await tx.em.flush();
      const postId = post.id;
      publish(tx, 'post_changed', everyone, { action: 'CREATED', postId, authorId: accountId });
      const data = { postId: toId('post', postId) };
      await recorder.recordOwn(tx, { accountId, eventType: 'post.created', data });
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
    const { database, publish, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const post = await lockPost(tx, viewer, postId);
      if (post instanceof Refusal) return post;
      if (post.version !== expectedVersion) {
        return refuse('VERSION_CONFLICT', 'The post has changed meanwhile. Read it again.', [
          'expectedVersion',
        ]);
      }
      notifier.notify(tx, ...noticeOf(viewer, post, 'changed'));
      Object.assign(post, changes, { updatedAt: new Date() });
      await tx.em.flush();
      publish(tx, 'post_changed', everyone, { action: 'UPDATED', postId: post.id, authorId: post.authorId });
      return { postId: post.id };
    });
  }

  /**
   * Deletes a post, out of every collection as well.
   * @param postId null where the id that was given is no post's
   * @throws ApiError FORBIDDEN where it is somebody else's
   */
  delete(viewer: Writer, postId: string | null): Promise<PostKey | Refusal> {
    const { database, publish, notifier } = this.#options;
    return transaction(database, async (tx) => {
      const post = await lockPost(tx, viewer, postId);
      if (post instanceof Refusal) return post;
      notifier.notify(tx, ...noticeOf(viewer, post, 'deleted'));
      const key = { postId: post.id };
      await removePosts(tx, publish, [{ ...key, authorId: post.authorId }]);
      return key;
    });
  }
}

/** Locks a post that the viewer may change. */
async function lockPost({ em }: Transaction, viewer: Writer, postId: string | null): Promise<Post | Refusal> {
  const post =
    postId === null ? null : await em.findOne(Post, postId, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (post === null) return refuse('NOT_FOUND', 'There is no such post.', ['id']);
  if (post.authorId === viewer.accountId || viewer.role === 'ADMIN') return post;
  throw new ApiError('FORBIDDEN', 'Only its author and admins may change a post.');
}

function noticeOf(viewer: Writer, { id, authorId, title }: Post, what: 'changed' | 'deleted') {
  return adminNotice(viewer, authorId, {
    title: `Post ${what}`,
    body: `An admin ${what} your post “${title}”.`,
    subject: { type: 'post', uuid: id },
  });
}
