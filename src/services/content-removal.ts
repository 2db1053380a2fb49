import { cursor, pagesOf, readAll } from '../database/cursor.ts';
import { statement } from '../database/statement.ts';
import type { Transaction } from '../database/transaction.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { everyone } from '../pubsub/topics.ts';
import { publishChange } from './collection-events.ts';
import type { LockedCollection } from './collection-lock.ts';
import type { LockedPost } from './post-lock.ts';

/** A post that the transaction has locked. */
type DoomedPost = Pick<LockedPost, 'postId' | 'authorId'>;

/** How many rows one statement deletes. Between two statements, others have their turn. */
const pageSize = 1_000;

/** Deletes posts, also from every collection, and publishes it to those who listen to the posts or collections. */
export async function removePosts(
  tx: Transaction,
  outbox: Outbox,
  posts: readonly DoomedPost[],
): Promise<void> {
  for (const some of inPages(posts)) {
    const ids = some.map(({ postId }) => postId);
    for (const { postId, authorId } of some)
      outbox.publish(tx, 'post_changed', everyone, { action: 'DELETED', postId, authorId });
    for await (const page of pagesOf(tx, holders, [ids])) {
      for (const { postId, ...collection } of page)
        publishChange(tx, outbox, collection, { action: 'POST_REMOVED', postId });
    }
    await tx.query(deletePosts, [ids]);
  }
}

/** Deletes collections that the transaction has locked, and publishes it to those who listen to them. */
export async function removeCollections(
  tx: Transaction,
  outbox: Outbox,
  collections: readonly LockedCollection[],
): Promise<void> {
  for (const some of inPages(collections)) {
    await tx.query(deleteCollections, [some.map(({ collectionId }) => collectionId)]);
    for (const collection of some) publishChange(tx, outbox, collection, { action: 'DELETED' });
  }
}

/** Deletes all posts and collections of an account. The transaction has locked its row, so that it gets no new ones. */
export async function removeContentOf(tx: Transaction, outbox: Outbox, accountId: string): Promise<void> {
  const posts = await readAll(tx, postsOf, [accountId]);
  const collections = await readAll(tx, collectionsOf, [accountId]);
  const own = collections.filter(({ ownerId }) => ownerId === accountId);
  await removeCollections(tx, outbox, own);
  await removePosts(tx, outbox, posts);
}

function* inPages<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let start = 0; start < rows.length; start += pageSize) yield rows.slice(start, start + pageSize);
}

const holders = cursor<LockedCollection & { readonly postId: string }>(
  'post.holders',
  `select c.id as "collectionId", c.owner_id as "ownerId", c.name, c.visibility, c.version, cp.post_id as "postId"
  from collection_post cp join collection c on c.id = cp.collection_id
  where cp.post_id = any($1::uuid[]) order by c.id, cp.post_id for share of c`,
);

const deletePosts = statement('post.delete', 'delete from post where id = any($1::uuid[])');
const deleteCollections = statement('collection.delete', 'delete from collection where id = any($1::uuid[])');

const postsOf = cursor<DoomedPost>(
  'post.lock_of',
  'select id as "postId", author_id as "authorId" from post where author_id = $1 order by id for update',
);

// Includes other people's collections that hold the posts. All are locked in one order, because two deletions at once
// could otherwise deadlock.
const collectionsOf = cursor<LockedCollection>(
  'collection.lock_of',
  `select id as "collectionId", owner_id as "ownerId", name, visibility, version
  from collection where id in (
    select id from collection where owner_id = $1
    union select collection_id from collection_post join post on post.id = post_id where author_id = $1
  ) order by id for update`,
);
