import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { isVisible, privateOwnersFor, type Reader } from '../database/visible-collections.ts';
import type { Page } from '../schema/connection.ts';
import type { NodeRow } from '../schema/ids.ts';
import type { ConnectionOf } from './connection-of.ts';
import type { Key } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList, withValues } from './make-nested-list.ts';

export interface PostRow extends NodeRow {
  readonly authorId: string;
  readonly title: string;
  readonly body: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

interface CollectedPost extends PostRow {
  readonly addedAt: Date;
}

interface FoundPost extends PostRow {
  readonly relevance: number;
}

const columns = `p.id as "uuid", p.author_id as "authorId", p.title, p.body, p.version,
  p.created_at as "createdAt", p.updated_at as "updatedAt"`;

export const postById = makeByIdLoader({
  prefix: 'post',
  statement: statement<PostRow>('post.byId', `select ${columns} from post p where p.id = any($1::uuid[])`),
});

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

const filters = { authorId: (value: string) => `p.author_id = ${value}::uuid` };

const relevance: Key<FoundPost> = {
  sql: 'ts_rank(p.search, query)::float8',
  type: 'double precision',
  field: 'relevance',
};
const foundColumns = `${columns}, ${relevance.sql} as "relevance"`;
const foundOrders = { ...orders, RELEVANCE: { direction: 'desc', keys: [relevance, uuid] } } as const;

const allPosts = makeList<PostRow, PostOrderName, 'authorId'>({
  name: 'posts',
  prefix: 'post',
  columns,
  from: 'post p',
  filters,
  orders,
});

/** Those that the words of $1 find. */
const foundPosts = makeList<FoundPost, FoundPostOrderName, 'authorId'>({
  name: 'posts.search',
  cursors: 'posts',
  prefix: 'post',
  columns: foundColumns,
  from: 'post p cross join search_query($1) as query',
  parameters: 1,
  where: 'p.search @@ query',
  filters,
  orders: foundOrders,
});

const collected = `collection_post cp join post p on p.id = cp.post_id join collection c on c.id = cp.collection_id`;

/** $2 holds the owners whose private collections are seen. */
const postsIn = makeNestedList<PostRow, PostOrderName, 'authorId'>({
  name: 'posts.in',
  cursors: 'posts',
  prefix: 'post',
  columns,
  from: collected,
  parent: 'cp.collection_id',
  parameters: 1,
  where: isVisible('$2'),
  filters,
  orders,
});

/** Those that the words of $3 find. */
const foundPostsIn = makeNestedList<FoundPost, FoundPostOrderName, 'authorId'>({
  name: 'posts.in.search',
  cursors: 'posts',
  prefix: 'post',
  columns: foundColumns,
  from: `${collected} cross join search_query($3) as query`,
  parent: 'cp.collection_id',
  parameters: 2,
  where: `${isVisible('$2')} and p.search @@ query`,
  filters,
  orders: foundOrders,
});

type FoundPostOrderName = PostOrderName | 'RELEVANCE';

interface PostPage {
  readonly page: Page;
  /** Left out or null: in any collection and in none. */
  readonly collectionId?: string | null;
  readonly authorId?: string | null;
}

/** Only what is searched for has a relevance. */
export type PostListRequest =
  | (PostPage & { readonly search: null; readonly order: PostOrderName })
  | (PostPage & { readonly search: string; readonly order: FoundPostOrderName });

/** The list of all posts, of which a collection shows its own to those who may see it. */
export function posts(db: Db, reader: Reader) {
  const owners = privateOwnersFor(reader);
  return {
    connection(request: PostListRequest): Promise<ConnectionOf<PostRow>> {
      const { page, collectionId = null, authorId } = request;
      const filtered = { page, filters: { authorId } };
      if (request.search === null) {
        const plain = { ...filtered, order: request.order };
        if (collectionId === null) return allPosts.connection(db, plain);
        return postsIn(db).connection(collectionId, { ...plain, values: [owners] });
      }
      const { search, order } = request;
      const found = { ...filtered, order };
      if (collectionId === null) return foundPosts.connection(db, { ...found, values: [search] });
      return foundPostsIn(db).connection(collectionId, { ...found, values: [owners, search] });
    },
  };
}

export const postsOfUser = makeNestedList<PostRow, PostOrderName>({
  name: 'user.posts',
  prefix: 'post',
  columns,
  from: 'post p',
  parent: 'p.author_id',
  orders,
});

const lastAdded = {
  direction: 'desc',
  keys: [
    { sql: 'cp.added_at', type: 'timestamptz', field: 'addedAt' },
    // The post's id, in the table whose index has both.
    { sql: 'cp.post_id', type: 'uuid', field: 'uuid' },
  ],
} as const;

const collectedPosts = makeNestedList<CollectedPost, 'lastAdded'>({
  name: 'collection.posts',
  prefix: 'post',
  columns: `${columns}, cp.added_at as "addedAt"`,
  from: collected,
  parent: 'cp.collection_id',
  parameters: 1,
  where: isVisible('$2'),
  orders: { lastAdded },
});

export function postsOfCollection(db: Db, reader: Reader) {
  return withValues(collectedPosts(db), [privateOwnersFor(reader)]);
}
