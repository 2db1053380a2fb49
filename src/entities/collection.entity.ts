import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';
import { Post } from './post.entity.ts';

export const visibilities = ['PUBLIC', 'PRIVATE'] as const;
export type Visibility = (typeof visibilities)[number];

@Entity()
@Index({
  name: 'collection_created_at_idx',
  expression:
    'create index collection_created_at_idx on collection (created_at, id) include (owner_id, visibility)',
})
@Index({ name: 'collection_public_idx', properties: ['createdAt', 'id'], where: "visibility = 'PUBLIC'" })
@Index({ name: 'collection_owner_id_idx', properties: ['ownerId', 'createdAt', 'id'] })
export class Collection {
  [OptionalProps]?: 'visibility' | 'version' | 'createdAt' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'owner_id',
    foreignKeyName: 'collection_owner_id_fkey',
  })
  ownerId!: string;

  @Property({ type: 'text', check: 'char_length(name) >= 1 and char_length(name) <= 200' })
  name!: string;

  @Enum({ items: visibilities })
  visibility: Visibility = 'PUBLIC';

  @Property({ type: 'integer', version: true })
  version!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;
}

@Entity()
@Index({ name: 'collection_post_added_at_idx', properties: ['collectionId', 'addedAt', 'postId'] })
@Index({ name: 'collection_post_post_id_idx', properties: ['postId', 'collectionId'] })
export class CollectionPost {
  [PrimaryKeyProp]?: ['collectionId', 'postId'];
  [OptionalProps]?: 'addedAt';

  @ManyToOne(() => Collection, {
    mapToPk: true,
    primary: true,
    fieldName: 'collection_id',
    foreignKeyName: 'collection_post_collection_id_fkey',
    deleteRule: 'cascade',
    updateRule: 'no action',
  })
  collectionId!: string;

  @ManyToOne(() => Post, {
    mapToPk: true,
    primary: true,
    fieldName: 'post_id',
    foreignKeyName: 'collection_post_post_id_fkey',
    deleteRule: 'cascade',
    updateRule: 'no action',
  })
  postId!: string;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  addedAt!: Date;
}
