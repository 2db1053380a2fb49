import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Currency, currencies } from '../domain/money.ts';

/** An amount that quests can pay. */
@Entity()
@Index({ name: 'reward_created_at_idx', properties: ['createdAt', 'id'] })
export class Reward {
  [OptionalProps]?: 'version' | 'createdAt' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: 'text', check: 'char_length(name) >= 1 and char_length(name) <= 200' })
  name!: string;

  @Enum({ items: currencies })
  currency!: Currency;

  @Property({ type: new BigIntType('number'), check: 'amount >= 1 and amount <= 1000000000000' })
  amount!: number;

  @Property({ type: 'integer', version: true })
  version!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;
}
