import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import { everyone } from '../pubsub/topics.ts';
import { publishChange } from './collection-events.ts';
import type { LockedCollection } from './collection-lock.ts';
import type { LockedPost } from './post-lock.ts';
import type { Publish } from './publish.ts';

/** A post that the transaction has locked. */
type DoomedPost = Pick<LockedPost, 'postId' | 'authorId'>;

/** Deletes posts, out of every collection as well, and tells whoever listens to them or to one of those. */
export async function removePosts(
  tx: Transaction,
  publish: Publish,
  posts: readonly DoomedPost[],
): Promise<void> {
  if (posts.length === 0) return;
  const ids = posts.map(({ postId }) => postId);
  const holders = await tx.query(holdHolders, [ids]);
  await tx.query(deletePosts, [ids]);
  for (const { postId, authorId } of posts)
    publish(tx, 'post_changed', everyone, { action: 'DELETED', postId, authorId });
  for (const { postId, ...collection } of holders)
    publishChange(tx, publish, collection, { action: 'POST_REMOVED', postId });
}

/** Deletes collections that the transaction has locked, and tells whoever listens to them. */
export async function removeCollections(
  tx: Transaction,
  publish: Publish,
  collections: readonly LockedCollection[],
): Promise<void> {
  if (collections.length === 0) return;
  await tx.query(deleteCollections, [collections.map(({ collectionId }) => collectionId)]);
  for (const collection of collections) publishChange(tx, publish, collection, { action: 'DELETED' });
}

/** Deletes all posts and collections of an account, whose row the transaction has locked: it gets no new ones. */
export async function removeContentOf(tx: Transaction, publish: Publish, accountId: string): Promise<void> {
  const posts = await tx.query(lockPostsOf, [accountId]);
  const collections = await tx.query(lockCollectionsOf, [accountId, posts.map(({ postId }) => postId)]);
  const own = collections.filter(({ ownerId }) => ownerId === accountId);
  await removeCollections(tx, publish, own);
  await removePosts(tx, publish, posts);
}

const holdHolders = statement<LockedCollection & { postId: string }>(
  'post.holders',
  `select c.id as "collectionId", c.owner_id as "ownerId", c.name, c.visibility, c.version, cp.post_id as "postId"
  from collection_post cp join collection c on c.id = cp.collection_id
  where cp.post_id = any($1::uuid[]) order by c.id, cp.post_id for share of c`,
);

const deletePosts = statement('post.delete', 'delete from post where id = any($1::uuid[])');
const deleteCollections = statement('collection.delete', 'delete from collection where id = any($1::uuid[])');

const lockPostsOf = statement<DoomedPost>(
  'post.lock_of',
  'select id as "postId", author_id as "authorId" from post where author_id = $1 order by id for update',
);

// Those of others that hold the posts, too: in one order, or two friends who leave at once would wait for each other.
const lockCollectionsOf = statement<LockedCollection>(
  'collection.lock_of',
  `select id as "collectionId", owner_id as "ownerId", name, visibility, version
  from collection where id in (
    select id from collection where owner_id = $1
    union select collection_id from collection_post where post_id = any($2::uuid[])
  ) order by id for update`,
);
