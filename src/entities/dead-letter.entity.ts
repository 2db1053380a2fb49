import { OptionalProps } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { RecordedEvent } from './recorded-event.entity.ts';

/** An event that could not be applied in any attempt. Each event has at most one open dead letter. */
@Entity()
@Index({ name: 'dead_letter_open_idx', properties: ['failedAt', 'id'], where: 'replayed_at is null' })
@Index({ name: 'dead_letter_recorded_event_id_idx', properties: ['recordedEventId'] })
@Unique({
  name: 'dead_letter_recorded_event_id_key',
  properties: ['recordedEventId'],
  where: 'replayed_at is null',
})
export class DeadLetter {
  [OptionalProps]?: 'failedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => RecordedEvent, {
    mapToPk: true,
    fieldName: 'recorded_event_id',
    foreignKeyName: 'dead_letter_recorded_event_id_fkey',
    deleteRule: 'cascade',
  })
  recordedEventId!: string;

  @Property({ type: 'text' })
  error!: string;

  @Property({ type: 'integer' })
  attempts!: number;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  failedAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  replayedAt: Date | null = null;
}
