import { ArrayType, BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** An accepted event. Its zone is the person's when it was accepted; zone and local date never change. */
@Entity()
@Unique({ name: 'recorded_event_event_id_key', properties: ['recordedBy', 'eventId'] })
@Index({
  name: 'recorded_event_pending_idx',
  properties: ['accountId', 'position'],
  where: 'applied_at is null and failed_at is null',
})
@Index({ name: 'recorded_event_position_idx', properties: ['position'] })
@Index({ name: 'recorded_event_account_id_idx', properties: ['accountId', 'position'] })
@Index({
  name: 'recorded_event_account_id_event_type_idx',
  properties: ['accountId', 'eventType', 'position'],
})
@Index({ name: 'recorded_event_event_type_idx', properties: ['eventType', 'position'] })
export class RecordedEvent {
  [OptionalProps]?: 'position' | 'selfReported' | 'recordedAt' | 'attempts' | 'nextAttemptAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  /** The order in which one person's events are applied. */
  @Property({ type: new BigIntType('number'), autoincrement: true })
  position!: number;

  /** The source: the account that recorded it; null for the server itself. */
  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'recorded_by',
    foreignKeyName: 'recorded_event_recorded_by_fkey',
    nullable: true,
    deleteRule: 'no action',
  })
  recordedBy: string | null = null;

  @Property({ type: 'uuid' })
  eventId!: string;

  @Property({ type: 'text', check: 'char_length(event_type) >= 3 and char_length(event_type) <= 100' })
  eventType!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'recorded_event_account_id_fkey',
  })
  accountId!: string;

  @Property({ type: 'datetime', length: 3 })
  occurredAt!: Date;

  @Property({ type: 'text' })
  timeZone!: string;

  /** Such as 2026-11-21. */
  @Property({ type: 'text', check: "local_date ~ '^\\d{4}-\\d{2}-\\d{2}$'" })
  localDate!: string;

  @Property({ type: 'json', nullable: true, check: "jsonb_typeof(data) = 'object'" })
  data: Record<string, unknown> | null = null;

  /** What the client's metadata says. */
  @Property({ type: 'text', nullable: true })
  source: string | null = null;

  /** What the client's metadata says. */
  @Property({ type: 'text', nullable: true })
  version: string | null = null;

  @Property({ type: 'boolean' })
  selfReported = false;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  recordedAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  appliedAt: Date | null = null;

  /** When it became a dead letter. */
  @Property({ type: 'datetime', length: 3, nullable: true })
  failedAt: Date | null = null;

  @Property({ type: 'integer' })
  attempts = 0;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  nextAttemptAt!: Date;

  /** The quests that it moved, once it is applied; null for none. */
  @Property({ type: new ArrayType(), columnType: 'uuid[]', nullable: true })
  movedQuestIds: string[] | null = null;

  /** The completions that it brought about, in their order; null for none. */
  @Property({ type: new ArrayType(), columnType: 'uuid[]', nullable: true })
  completionIds: string[] | null = null;
}
