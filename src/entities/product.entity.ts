import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type Currency, currencies } from '../domain/money.ts';

/** A product that costs gold or diamonds. The row of a deleted product stays for its purchases. */
@Entity()
@Unique({ name: 'product_sku_key', properties: ['sku'], where: 'deleted_at is null' })
@Index({
  name: 'product_created_at_idx',
  properties: ['active', 'createdAt', 'id'],
  where: 'deleted_at is null',
})
@Index({ name: 'product_name_idx', properties: ['active', 'name', 'id'], where: 'deleted_at is null' })
@Index({
  name: 'product_price_idx',
  properties: ['active', 'priceCurrency', 'priceAmount', 'id'],
  where: 'deleted_at is null',
})
export class Product {
  [OptionalProps]?: 'description' | 'active' | 'version' | 'createdAt' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: 'text', check: "sku ~ '^[A-Za-z0-9_.-]{1,64}$'" })
  sku!: string;

  @Property({
    type: 'text',
    collation: 'name_order',
    check: 'char_length(name) >= 1 and char_length(name) <= 200',
  })
  name!: string;

  @Property({ type: 'text', check: 'char_length(description) <= 5000' })
  description = '';

  @Property({ type: 'text', nullable: true })
  imageUrl: string | null = null;

  @Enum({ items: currencies })
  priceCurrency!: Currency;

  @Property({ type: new BigIntType('number'), check: 'price_amount >= 1 and price_amount <= 1000000000000' })
  priceAmount!: number;

  /** Null for no limit. */
  @Property({ type: 'integer', nullable: true, check: 'stock >= 0' })
  stock: number | null = null;

  @Property({ type: 'boolean' })
  active = true;

  @Property({ type: 'integer', version: true })
  version!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  deletedAt: Date | null = null;
}
