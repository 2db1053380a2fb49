import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Check, Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/**
 * A person's wallet has the account's id and a running balance, which is updated together with the ledger's entries.
 * System wallets are the other side of movements. They have no running balance, so that payments do not all lock the
 * same row.
 */
@Entity()
@Check({
  name: 'wallet_owner_check',
  expression: '(account_id is null and system_name is not null) or (account_id = id and system_name is null)',
})
export class Wallet {
  [OptionalProps]?: 'gold' | 'diamond';

  @PrimaryKey({ type: 'uuid' })
  id!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'wallet_account_id_fkey',
    nullable: true,
    deleteRule: 'no action',
    unique: 'wallet_account_id_key',
  })
  accountId: string | null = null;

  @Property({ type: 'text', nullable: true, unique: 'wallet_system_name_key' })
  systemName: string | null = null;

  @Property({
    type: new BigIntType('number'),
    defaultRaw: '0',
    check: 'gold >= 0 and gold <= 9007199254740991',
  })
  gold = 0;

  @Property({
    type: new BigIntType('number'),
    defaultRaw: '0',
    check: 'diamond >= 0 and diamond <= 9007199254740991',
  })
  diamond = 0;
}
