import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';
import { Quest } from './quest.entity.ts';

/** One completion of a quest by one person. Its rewards and events are frozen at that moment. */
@Entity()
@Check({
  name: 'quest_completion_rewards_check',
  expression: 'gold >= 0 and gold <= 9007199254740991 and diamond >= 0 and diamond <= 9007199254740991',
})
@Unique({ name: 'quest_completion_ordinal_key', properties: ['questId', 'accountId', 'ordinal'] })
@Index({ name: 'quest_completion_account_id_idx', properties: ['accountId', 'completedAt', 'id'] })
@Index({
  name: 'quest_completion_claimable_idx',
  properties: ['accountId', 'completedAt', 'id'],
  where: 'claimed_at is null',
})
export class QuestCompletion {
  [OptionalProps]?: 'gold' | 'diamond' | 'completedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Quest, {
    mapToPk: true,
    fieldName: 'quest_id',
    foreignKeyName: 'quest_completion_quest_id_fkey',
  })
  questId!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'quest_completion_account_id_fkey',
  })
  accountId!: string;

  /** 1 for the first completion. */
  @Property({ type: 'integer', check: 'ordinal >= 1' })
  ordinal!: number;

  /** The goal that was met, in events or periods. */
  @Property({ type: 'integer' })
  runLength!: number;

  @Property({ type: new BigIntType('number'), defaultRaw: '0' })
  gold = 0;

  @Property({ type: new BigIntType('number'), defaultRaw: '0' })
  diamond = 0;

  /** Oldest first. */
  @Property({ type: 'array', columnType: 'uuid[]' })
  eventIds!: string[];

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  completedAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  claimedAt: Date | null = null;
}
