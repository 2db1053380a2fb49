import type { Writer } from '../auth/viewer.ts';
import { columnsOf, type RowOf } from '../database/columns.ts';
import { queueAlone, queueShared } from '../database/fair-lock.ts';
import { type Statement, statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { privateOwnersFor } from '../database/visible-collections.ts';
import { ApiError } from '../domain/errors.ts';
import { type Refusal, refuse } from '../domain/refusal.ts';
import { Post } from '../entities/post.entity.ts';

// Everyone sees every post, and may keep it from being deleted; only its author and admins may take stronger locks.

const columns = columnsOf(Post, null, [{ postId: 'id' }, 'authorId', 'title', 'version']);

/** A post that stays as it is until the transaction ends. */
export type LockedPost = RowOf<typeof columns>;

/**
 * Keeps a post from being deleted until the transaction ends; it may be changed meanwhile.
 * @param postId null if the given id is not a post's
 * @returns its uuid; undefined if there is no such post
 */
export async function holdPost(tx: Transaction, postId: string | null): Promise<string | undefined> {
  const [post] = await tx.query(hold, [postId]);
  return post?.postId;
}

/**
 * Locks a post that the viewer wants to change; it may be added to collections or removed from them meanwhile.
 * @param postId null if the given id is not a post's
 * @throws ApiError FORBIDDEN if it is somebody else's
 */
export function lockPostForChange(
  tx: Transaction,
  viewer: Writer,
  postId: string | null,
): Promise<LockedPost | Refusal> {
  return lockOwn(tx, lockForChange, viewer, postId);
}

/** Like `lockPostForChange`, for a post to be deleted: nobody else holds it. */
export function lockPostAlone(
  tx: Transaction,
  viewer: Writer,
  postId: string | null,
): Promise<LockedPost | Refusal> {
  return lockOwn(tx, lockAlone, viewer, postId);
}

async function lockOwn(
  tx: Transaction,
  lock: Statement<LockedPost>,
  viewer: Writer,
  postId: string | null,
): Promise<LockedPost | Refusal> {
  const [post] = await tx.query(lock, [postId, privateOwnersFor(viewer)]);
  if (post !== undefined) return post;
  const found = await tx.query(readAnyones, [postId]);
  if (found.length === 0) return refuse('NOT_FOUND', 'There is no such post.', ['id']);
  throw new ApiError('FORBIDDEN', 'Only its author and admins may change a post.');
}

const own = `select id from post where id = $1 and (author_id = any($2::uuid[]) or $2::uuid[] is null)`;

// Fair, because anyone may hold anyone's post by adding it to a collection.
const hold = statement<Pick<LockedPost, 'postId'>>(
  'post.hold',
  `with queued as materialized (select $1::uuid as id, ${queueShared('$1::uuid')})
  select id as "postId" from post where id = (select id from queued) for key share`,
);

const lockForChange = statement<LockedPost>(
  'post.lock',
  `select ${columns.sql} from post where id = (${own}) for no key update`,
);

const lockAlone = statement<LockedPost>(
  'post.lock_alone',
  `with own as materialized (${own}), queued as materialized (select id, ${queueAlone('id')} from own)
  select ${columns.sql} from post where id = (select id from queued) for update`,
);

const readAnyones = statement('post.exists', 'select from post where id = $1');
