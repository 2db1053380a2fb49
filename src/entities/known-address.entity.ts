import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** A group of addresses from which a person has signed in lately. Other people's guesses do not lock them out there. */
@Entity()
@Index({ name: 'known_address_signed_in_at_idx', properties: ['signedInAt'] })
export class KnownAddress {
  [PrimaryKeyProp]?: ['accountId', 'ipAddress'];
  [OptionalProps]?: 'signedInAt';

  @ManyToOne(() => Account, {
    mapToPk: true,
    primary: true,
    fieldName: 'account_id',
    foreignKeyName: 'known_address_account_id_fkey',
  })
  accountId!: string;

  @PrimaryKey({ type: 'text' })
  ipAddress!: string;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  signedInAt!: Date;
}
