import { columnsOf, type RowOf } from '../database/columns.ts';
import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { isVisible, privateOwnersFor } from '../database/visible-collections.ts';
import type { NodeRow } from '../domain/ids.ts';
import type { Page } from '../domain/page.ts';
import type { Reader } from '../domain/reader.ts';
import type { CollectionPost } from '../entities/collection.entity.ts';
import { Post } from '../entities/post.entity.ts';
import type { ConnectionOf } from './connection-of.ts';
import { edgeMaker, type Key } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList, withValues } from './make-nested-list.ts';

const columns = columnsOf(Post, 'p', ['id', 'authorId', 'title', 'version', 'createdAt', 'updatedAt']);
/** Read only if it is asked for: a page of long bodies is megabytes. */
const bodyColumn = columnsOf(Post, 'p', ['body']);

export interface PostRow extends NodeRow, RowOf<typeof columns>, Partial<RowOf<typeof bodyColumn>> {}

interface CollectedPost extends PostRow, Readonly<Pick<CollectionPost, 'addedAt'>> {}

interface FoundPost extends PostRow {
  readonly relevance: number;
}

const createdAt = { sql: 'p.created_at', type: 'timestamptz', field: 'createdAt' } as const;
const updatedAt = { sql: 'p.updated_at', type: 'timestamptz', field: 'updatedAt' } as const;
const title = { sql: 'p.title', type: 'text', field: 'title' } as const;
const uuid = { sql: 'p.id', type: 'uuid', field: 'uuid' } as const;

const orders = {
  CREATED_AT_ASC: { direction: 'asc', keys: [createdAt, uuid] },
  CREATED_AT_DESC: { direction: 'desc', keys: [createdAt, uuid] },
  UPDATED_AT_ASC: { direction: 'asc', keys: [updatedAt, uuid] },
  UPDATED_AT_DESC: { direction: 'desc', keys: [updatedAt, uuid] },
  TITLE_ASC: { direction: 'asc', keys: [title, uuid] },
  TITLE_DESC: { direction: 'desc', keys: [title, uuid] },
} as const;

export type PostOrderName = keyof typeof orders;

/** The edge of a post in `posts`, in the default order. */
export const postEdge = edgeMaker<PostRow, PostOrderName>({ name: 'posts', orders }, 'CREATED_AT_DESC');

const filters = { authorId: (value: string) => `p.author_id = ${value}::uuid` };

const relevance: Key<FoundPost> = {
  sql: 'ts_rank(p.search, query)::float8',
  type: 'double precision',
  field: 'relevance',
};

/** Posts of one collection ($1): how many decides which index is best. $2: whose private collections are seen. */
const inCollection = {
  from: 'collection_post cp join post p on p.id = cp.post_id',
  where: `cp.collection_id = $1::uuid
    and exists (select from collection c where c.id = $1::uuid and ${isVisible('$2')})`,
  plannedAnew: true,
} as const;

const lastAdded = {
  direction: 'desc',
  keys: [
    { sql: 'cp.added_at', type: 'timestamptz', field: 'addedAt' },
    // The post's id, from the table whose index has both columns.
    { sql: 'cp.post_id', type: 'uuid', field: 'uuid' },
  ],
} as const;

/** What the searches have in common. */
function searchOf(columns: string) {
  return {
    cursors: 'posts',
    prefix: 'post',
    columns: `${columns}, found."relevance"`,
    deferred: {
      found: `p.id as "uuid", ${relevance.sql} as "relevance"`,
      join: 'post p on p.id = found."uuid"',
    },
    plannedAnew: true,
    filters,
    orders: { ...orders, RELEVANCE: { direction: 'desc', keys: [relevance, uuid] } },
  } as const;
}

/** @param suffix tells the statements apart */
function listsOf(columns: string, suffix: string) {
  const search = searchOf(columns);
  const allPosts = makeList<PostRow, PostOrderName, 'authorId'>({
    name: `posts${suffix}`,
    cursors: 'posts',
    prefix: 'post',
    columns,
    from: 'post p',
    filters,
    orders,
  });

  /** Posts that match the words of $1. */
  const foundPosts = makeList<FoundPost, FoundPostOrderName, 'authorId'>({
    ...search,
    name: `posts.search${suffix}`,
    from: 'post p cross join search_query($1) as query',
    parameters: 1,
    where: 'p.search @@ query',
  });

  const postsIn = makeList<PostRow, PostOrderName, 'authorId'>({
    ...inCollection,
    name: `posts.in${suffix}`,
    cursors: 'posts',
    prefix: 'post',
    columns,
    parameters: 2,
    deferred: { found: 'p.id as "uuid"', join: 'post p on p.id = found."uuid"' },
    filters,
    orders,
  });

  /** Posts that match the words of $3. */
  const foundPostsIn = makeList<FoundPost, FoundPostOrderName, 'authorId'>({
    ...search,
    name: `posts.in.search${suffix}`,
    from: `${inCollection.from} cross join search_query($3) as query`,
    parameters: 3,
    where: `${inCollection.where} and p.search @@ query`,
  });
  return { allPosts, foundPosts, postsIn, foundPostsIn };
}

function nestedListsOf(columns: string, suffix: string) {
  const ofUser = makeNestedList<PostRow, PostOrderName>({
    name: `user.posts${suffix}`,
    cursors: 'user.posts',
    prefix: 'post',
    columns,
    from: 'post p',
    parent: 'p.author_id',
    orders,
  });

  const ofCollection = makeNestedList<CollectedPost, 'lastAdded'>({
    name: `collection.posts${suffix}`,
    cursors: 'collection.posts',
    prefix: 'post',
    columns: `${columns}, found."addedAt"`,
    // Only the collections that are asked for ($1) are joined: otherwise a count would read all others too.
    from: 'collection_post cp join collection c on c.id = cp.collection_id and c.id = any($1::uuid[])',
    deferred: {
      found: 'cp.post_id as "uuid", cp.added_at as "addedAt"',
      join: 'post p on p.id = found."uuid"',
    },
    parent: 'cp.collection_id',
    parameters: 1,
    where: isVisible('$2'),
    orders: { lastAdded },
  });
  return { ofUser, ofCollection };
}

function readsOf(columns: string, suffix: string) {
  const text = `select ${columns} from post p where p.id = any($1::uuid[])`;
  const byId = makeByIdLoader({ prefix: 'post', statement: statement<PostRow>(`post.byId${suffix}`, text) });
  return { byId, ...listsOf(columns, suffix), ...nestedListsOf(columns, suffix) };
}

const brief = readsOf(columns.sql, '');
const whole = readsOf(`${columns.sql}, ${bodyColumn.sql}`, '.whole');

/** With the bodies of posts, or without. */
function reads(bodies: boolean) {
  return bodies ? whole : brief;
}

export function postById(db: Db, bodies: boolean) {
  return reads(bodies).byId(db);
}

export function postsOfUser(db: Db, bodies: boolean) {
  return reads(bodies).ofUser(db);
}

type FoundPostOrderName = PostOrderName | 'RELEVANCE';

interface PostPage {
  readonly page: Page;
  /** If left out or null: posts in any collection or in none. */
  readonly collectionId?: string | null;
  readonly authorId?: string | null;
}

/** Only search results have a relevance. */
export type PostListRequest =
  | (PostPage & { readonly search: null; readonly order: PostOrderName })
  | (PostPage & { readonly search: string; readonly order: FoundPostOrderName });

/** The list of all posts, or of the posts of one collection for readers who may see it. */
export function posts(db: Db, reader: Reader, bodies: boolean) {
  const { allPosts, foundPosts, postsIn, foundPostsIn } = reads(bodies);
  const owners = privateOwnersFor(reader);
  return {
    connection(request: PostListRequest): Promise<ConnectionOf<PostRow>> {
      const { page, collectionId = null, authorId } = request;
      const filtered = { page, filters: { authorId } };
      if (request.search === null) {
        const plain = { ...filtered, order: request.order };
        if (collectionId === null) return allPosts.connection(db, plain);
        return postsIn.connection(db, { ...plain, values: [collectionId, owners] });
      }
      const { search: words, order } = request;
      const found = { ...filtered, order };
      if (collectionId === null) return foundPosts.connection(db, { ...found, values: [words] });
      return foundPostsIn.connection(db, { ...found, values: [collectionId, owners, words] });
    },
  };
}

export function postsOfCollection(db: Db, reader: Reader, bodies: boolean) {
  return withValues(reads(bodies).ofCollection(db), [privateOwnersFor(reader)]);
}
