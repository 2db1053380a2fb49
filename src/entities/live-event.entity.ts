import { BigIntType, OptionalProps } from '@mikro-orm/core';
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

/** A row of the outbox, written in the transaction that caused it; after the commit the relay gives it its `seq`. */
@Entity()
@Index({ name: 'live_event_unsent_idx', properties: ['xid', 'id'], where: 'seq is null' })
@Index({ name: 'live_event_topic_idx', properties: ['topic', 'audience', 'seq'] })
@Index({
  name: 'live_event_collection_public_idx',
  properties: ['audience', 'seq'],
  where:
    "topic = 'collection_changed' and (payload ->> 'visibility' = 'PUBLIC' or payload ->> 'previousVisibility' = 'PUBLIC')",
})
export class LiveEvent {
  [OptionalProps]?: 'occurredAt' | 'xid';

  @PrimaryKey({ type: new BigIntType('number'), autoincrement: true, generated: 'identity' })
  id!: number;

  /** The position in commit order, without gaps, which cursors refer to; null until the relay has numbered the row. */
  @Property({ type: new BigIntType('number'), nullable: true, unique: 'live_event_seq_key' })
  seq: number | null = null;

  @Property({ type: 'text' })
  topic!: string;

  @Property({ type: 'uuid' })
  audience!: string;

  @Property({ type: 'json' })
  payload!: Record<string, unknown>;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  occurredAt!: Date;

  /** The transaction that wrote it. */
  @Property({ columnType: 'xid8', type: 'string', defaultRaw: 'pg_current_xact_id()' })
  xid!: string;
}

/** A committed transaction whose events have no `seq` yet. */
@Entity()
export class LiveCommit {
  /** Drawn during the commit. */
  @PrimaryKey({ type: new BigIntType('number'), autoincrement: true, generated: 'identity' })
  position!: number;

  @Property({ columnType: 'xid8', type: 'string' })
  xid!: string;
}

/** The position of the stream of a topic, or of all topics ('*'). */
@Entity()
export class LivePosition {
  [OptionalProps]?: 'seq' | 'expiredSeq';

  @PrimaryKey({ type: 'text' })
  topic!: string;

  /** The `seq` of its newest event. */
  @Property({ type: new BigIntType('number'), defaultRaw: '0' })
  seq = 0;

  /** The `seq` of the newest event that was removed. */
  @Property({ type: new BigIntType('number'), defaultRaw: '0' })
  expiredSeq = 0;
}
