import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Currency, currencies } from '../domain/money.ts';
import { Account } from './account.entity.ts';
import { Product } from './product.entity.ts';

@Entity()
@Index({ name: 'purchase_account_id_idx', properties: ['accountId', 'createdAt', 'id'] })
@Index({ name: 'purchase_product_id_idx', properties: ['productId'] })
export class Purchase {
  [OptionalProps]?: 'totalAmount' | 'createdAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'purchase_account_id_fkey',
  })
  accountId!: string;

  @ManyToOne(() => Product, {
    mapToPk: true,
    fieldName: 'product_id',
    foreignKeyName: 'purchase_product_id_fkey',
  })
  productId!: string;

  @Property({ type: 'integer', check: 'quantity >= 1 and quantity <= 1000' })
  quantity!: number;

  @Enum({ items: currencies })
  unitPriceCurrency!: Currency;

  @Property({
    type: new BigIntType('number'),
    check: 'unit_price_amount >= 1 and unit_price_amount <= 1000000000000',
  })
  unitPriceAmount!: number;

  /** Computed by the database. */
  @Property({ type: new BigIntType('number'), generated: '(quantity * unit_price_amount) stored' })
  totalAmount!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;
}
