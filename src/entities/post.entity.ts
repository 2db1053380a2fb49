import { OptionalProps } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

@Entity()
@Index({ name: 'post_created_at_idx', properties: ['createdAt', 'id'] })
@Index({ name: 'post_updated_at_idx', properties: ['updatedAt', 'id'] })
@Index({ name: 'post_title_idx', properties: ['title', 'id'] })
@Index({ name: 'post_author_id_created_at_idx', properties: ['authorId', 'createdAt', 'id'] })
@Index({ name: 'post_author_id_updated_at_idx', properties: ['authorId', 'updatedAt', 'id'] })
@Index({ name: 'post_author_id_title_idx', properties: ['authorId', 'title', 'id'] })
export class Post {
  [OptionalProps]?: 'version' | 'createdAt' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Account, { mapToPk: true, fieldName: 'author_id', foreignKeyName: 'post_author_id_fkey' })
  authorId!: string;

  @Property({
    type: 'text',
    collation: 'name_order',
    check: 'char_length(title) >= 1 and char_length(title) <= 200',
  })
  title!: string;

  @Property({ type: 'text', check: 'char_length(body) >= 1 and char_length(body) <= 50000' })
  body!: string;

  @Property({ type: 'integer', version: true })
  version!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;
}
