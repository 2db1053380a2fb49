import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Reward } from './reward.entity.ts';

export const questKinds = ['COUNT', 'STREAK'] as const;
export type QuestKind = (typeof questKinds)[number];

export const questCadences = ['NONE', 'DAILY', 'WEEKLY', 'MONTHLY'] as const;
export type QuestCadence = (typeof questCadences)[number];

@Entity()
@Check({ name: 'quest_streak_check', expression: "kind <> 'STREAK' or cadence <> 'NONE'" })
@Check({ name: 'quest_window_check', expression: 'starts_at < ends_at' })
@Index({ name: 'quest_created_at_idx', properties: ['createdAt', 'id'] })
@Index({ name: 'quest_event_type_idx', properties: ['eventType', 'createdAt', 'id'] })
export class Quest {
  [OptionalProps]?:
    | 'description'
    | 'kind'
    | 'cadence'
    | 'goal'
    | 'autoClaim'
    | 'selfReported'
    | 'archived'
    | 'version'
    | 'createdAt'
    | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: 'text', check: 'char_length(name) >= 1 and char_length(name) <= 200' })
  name!: string;

  @Property({ type: 'text', check: 'char_length(description) <= 5000' })
  description = '';

  @Property({ type: 'text', check: 'char_length(event_type) >= 3 and char_length(event_type) <= 100' })
  eventType!: string;

  /** Only events whose data contains all of this count; null for every event of the type. */
  @Property({ type: 'json', nullable: true, check: "jsonb_typeof(event_match) = 'object'" })
  eventMatch: Record<string, unknown> | null = null;

  @Enum({ items: questKinds })
  kind: QuestKind = 'COUNT';

  @Enum({ items: questCadences })
  cadence: QuestCadence = 'NONE';

  /** In events, or in consecutive periods for a STREAK. */
  @Property({ type: 'integer', check: 'goal >= 1 and goal <= 1000000' })
  goal = 1;

  @Property({ type: 'boolean' })
  autoClaim = false;

  /** In a person's whole life; null for no limit. */
  @Property({ type: 'integer', nullable: true, check: 'max_completions >= 1' })
  maxCompletions: number | null = null;

  @Property({ type: 'boolean' })
  selfReported = false;

  @Property({ type: 'datetime', length: 3, nullable: true })
  startsAt: Date | null = null;

  @Property({ type: 'datetime', length: 3, nullable: true })
  endsAt: Date | null = null;

  @Property({ type: 'boolean' })
  archived = false;

  @Property({ type: 'integer', version: true })
  version!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;
}

/** A reward of a quest, with its quantity and its place in the list. */
@Entity()
@Index({ name: 'quest_reward_reward_id_idx', properties: ['rewardId'] })
export class QuestReward {
  [PrimaryKeyProp]?: ['questId', 'rewardId'];
  [OptionalProps]?: 'quantity';

  @ManyToOne(() => Quest, {
    mapToPk: true,
    primary: true,
    fieldName: 'quest_id',
    foreignKeyName: 'quest_reward_quest_id_fkey',
    deleteRule: 'no action',
    updateRule: 'no action',
  })
  questId!: string;

  @ManyToOne(() => Reward, {
    mapToPk: true,
    primary: true,
    fieldName: 'reward_id',
    foreignKeyName: 'quest_reward_reward_id_fkey',
    deleteRule: 'no action',
    updateRule: 'no action',
  })
  rewardId!: string;

  @Property({ type: 'integer', check: 'quantity >= 1 and quantity <= 1000' })
  quantity = 1;

  @Property({ type: 'smallint', check: 'position >= 0 and position <= 19' })
  position!: number;
}

/** A quest that must be completed before another one can move, with its place in the list. */
@Entity()
@Check({ name: 'quest_prerequisite_other_check', expression: 'quest_id <> prerequisite_id' })
@Index({ name: 'quest_prerequisite_prerequisite_id_idx', properties: ['prerequisiteId'] })
export class QuestPrerequisite {
  [PrimaryKeyProp]?: ['questId', 'prerequisiteId'];

  @ManyToOne(() => Quest, {
    mapToPk: true,
    primary: true,
    fieldName: 'quest_id',
    foreignKeyName: 'quest_prerequisite_quest_id_fkey',
    deleteRule: 'no action',
    updateRule: 'no action',
  })
  questId!: string;

  @ManyToOne(() => Quest, {
    mapToPk: true,
    primary: true,
    fieldName: 'prerequisite_id',
    foreignKeyName: 'quest_prerequisite_prerequisite_id_fkey',
    deleteRule: 'no action',
    updateRule: 'no action',
  })
  prerequisiteId!: string;

  @Property({ type: 'smallint', check: 'position >= 0 and position <= 19' })
  position!: number;
}
