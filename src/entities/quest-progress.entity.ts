import { OptionalProps, PrimaryKeyProp } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';
import { Quest } from './quest.entity.ts';
import { RecordedEvent } from './recorded-event.entity.ts';

/** A person's progress in a quest after the latest event that it matched. */
@Entity()
@Unique({ name: 'quest_progress_quest_id_account_id_key', properties: ['questId', 'accountId'] })
@Index({ name: 'quest_progress_account_id_idx', properties: ['accountId', 'id'] })
@Check({ name: 'quest_progress_unreached_check', expression: 'unreached >= 0 and unreached <= completions' })
export class QuestProgress {
  [OptionalProps]?: 'count' | 'completions' | 'unreached' | 'periodCompleted' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Quest, {
    mapToPk: true,
    fieldName: 'quest_id',
    foreignKeyName: 'quest_progress_quest_id_fkey',
  })
  questId!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'quest_progress_account_id_fkey',
  })
  accountId!: string;

  @Property({ type: 'integer', check: 'count >= 0' })
  count = 0;

  @Property({ type: 'integer', check: 'completions >= 0' })
  completions = 0;

  /** How many of the completions the last replay of late events did not reach again. */
  @Property({ type: 'integer' })
  unreached = 0;

  /** The last local period that counted, such as 2026-11-21, 2026-W47 or 2026-11. */
  @Property({ type: 'text', nullable: true })
  period: string | null = null;

  @Property({ type: 'boolean' })
  periodCompleted = false;

  @Property({ type: 'datetime', length: 3, nullable: true })
  latestAt: Date | null = null;

  @Property({ type: 'uuid', nullable: true })
  latestEventId: string | null = null;

  @Property({ type: 'text', nullable: true })
  latestTimeZone: string | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  updatedAt!: Date;
}

/** An event of a person that a quest matched. The key is in the order of a replay. */
@Entity()
@Index({ name: 'quest_progress_event_recorded_event_id_idx', properties: ['recordedEventId'] })
@Index({ name: 'quest_progress_event_quest_id_idx', properties: ['questId'] })
export class QuestProgressEvent {
  [PrimaryKeyProp]?: ['accountId', 'questId', 'occurredAt', 'eventId', 'recordedEventId'];

  @PrimaryKey({ type: 'uuid' })
  accountId!: string;

  @ManyToOne(() => Quest, {
    mapToPk: true,
    primary: true,
    fieldName: 'quest_id',
    foreignKeyName: 'quest_progress_event_quest_id_fkey',
  })
  questId!: string;

  @PrimaryKey({ type: 'datetime', length: 3 })
  occurredAt!: Date;

  @PrimaryKey({ type: 'uuid' })
  eventId!: string;

  @ManyToOne(() => RecordedEvent, {
    mapToPk: true,
    primary: true,
    fieldName: 'recorded_event_id',
    foreignKeyName: 'quest_progress_event_recorded_event_id_fkey',
    deleteRule: 'cascade',
  })
  recordedEventId!: string;

  @Property({ type: 'text' })
  timeZone!: string;

  @Property({ type: 'text' })
  localDate!: string;
}
