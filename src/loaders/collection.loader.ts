import { columnsOf, type RowOf } from '../database/columns.ts';
import type { Db } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { isVisible, privateOwnersFor } from '../database/visible-collections.ts';
import type { NodeRow } from '../domain/ids.ts';
import type { Page } from '../domain/page.ts';
import type { Reader } from '../domain/reader.ts';
import { Collection } from '../entities/collection.entity.ts';
import { edgeMaker } from './keyset.ts';
import { makeList } from './make-list.ts';
import { makeByIdLoader } from './make-loader.ts';
import { makeNestedList, withValues } from './make-nested-list.ts';

const columns = columnsOf(Collection, 'c', [
  'id',
  'ownerId',
  'name',
  'visibility',
  'version',
  'createdAt',
  'updatedAt',
]);

export interface CollectionRow extends NodeRow, RowOf<typeof columns> {}

const byId = makeByIdLoader({
  prefix: 'collection',
  statement: statement<CollectionRow>(
    'collection.byId',
    `select ${columns.sql} from collection c where c.id = any($1::uuid[]) and ${isVisible('$2')}`,
  ),
});

export function collectionById(db: Db, reader: Reader) {
  return byId(db, privateOwnersFor(reader));
}

const newest = {
  direction: 'desc',
  keys: [
    { sql: 'c.created_at', type: 'timestamptz', field: 'createdAt' },
    { sql: 'c.id', type: 'uuid', field: 'uuid' },
  ],
} as const;

export const collectionEdge = edgeMaker<CollectionRow, 'newest'>(
  { name: 'collections', orders: { newest } },
  'newest',
);

const visibleCollections = makeList<CollectionRow, 'newest', 'ownerId' | 'publicOnly'>({
  name: 'collections',
  prefix: 'collection',
  columns: columns.sql,
  from: 'collection c',
  parameters: 1,
  where: isVisible('$1'),
  filters: { ownerId: (value) => `c.owner_id = ${value}::uuid`, publicOnly: "c.visibility = 'PUBLIC'" },
  orders: { newest },
});

export interface CollectionListRequest {
  readonly page: Page;
  /** If left out or null: collections of everyone. */
  readonly ownerId?: string | null;
}

export function collections(db: Db, reader: Reader) {
  const values = [privateOwnersFor(reader)];
  // If nobody is signed in, this removes no rows. It tells PostgreSQL that the index of public collections is enough.
  const publicOnly = reader === null;
  return {
    connection: ({ page, ownerId }: CollectionListRequest) =>
      visibleCollections.connection(db, { page, order: 'newest', values, filters: { ownerId, publicOnly } }),
  };
}

const ofUser = makeNestedList<CollectionRow, 'newest'>({
  name: 'user.collections',
  prefix: 'collection',
  columns: columns.sql,
  from: 'collection c',
  parent: 'c.owner_id',
  parameters: 1,
  where: isVisible('$2'),
  orders: { newest },
});

export function collectionsOfUser(db: Db, reader: Reader) {
  return withValues(ofUser(db), [privateOwnersFor(reader)]);
}

const ofPost = makeNestedList<CollectionRow, 'newest'>({
  name: 'post.collections',
  prefix: 'collection',
  columns: columns.sql,
  from: 'collection_post cp join collection c on c.id = cp.collection_id',
  parent: 'cp.post_id',
  parameters: 1,
  where: isVisible('$2'),
  orders: { newest },
});

/** The collections that a post is in. */
export function collectionsOfPost(db: Db, reader: Reader) {
  return withValues(ofPost(db), [privateOwnersFor(reader)]);
}
