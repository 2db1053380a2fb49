import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Entity, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** An account at an OpenID provider. The key is what the provider guarantees to be stable: issuer and subject. */
@Entity()
@Unique({ name: 'identity_account_id_provider_key', properties: ['accountId', 'provider'] })
export class Identity {
  [PrimaryKeyProp]?: ['issuer', 'subject'];
  [OptionalProps]?: 'linkedAt';

  @PrimaryKey({ type: 'text' })
  issuer!: string;

  @PrimaryKey({ type: 'text' })
  subject!: string;

  @Property({ type: 'text' })
  provider!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'identity_account_id_fkey',
  })
  accountId!: string;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  linkedAt!: Date;
}
