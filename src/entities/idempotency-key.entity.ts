import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** A key that an account has used. Stored in the transaction of the effect. */
@Entity()
@Index({ name: 'idempotency_key_created_at_idx', properties: ['createdAt'] })
export class IdempotencyKey {
  [PrimaryKeyProp]?: ['accountId', 'key'];
  [OptionalProps]?: 'createdAt';

  @ManyToOne(() => Account, {
    mapToPk: true,
    primary: true,
    fieldName: 'account_id',
    foreignKeyName: 'idempotency_key_account_id_fkey',
  })
  accountId!: string;

  @PrimaryKey({ type: 'text', check: "key ~ '^[ -~]{1,255}$'" })
  key!: string;

  @Property({ type: 'text' })
  operation!: string;

  /** The hash of the input with its defaults. The same key with another hash is refused. */
  @Property({ type: 'text' })
  inputHash!: string;

  /** The ids of the records that were made. */
  @Property({ type: 'json' })
  result!: Record<string, unknown>;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;
}
