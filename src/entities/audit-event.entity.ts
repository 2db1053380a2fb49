import { OptionalProps } from '@mikro-orm/core';
import { Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** What was done to an account or a session, and by whom. Append-only. */
@Entity()
@Index({ name: 'audit_event_created_at_idx', properties: ['createdAt', 'id'] })
@Index({ name: 'audit_event_subject_id_idx', properties: ['subjectId', 'createdAt', 'id'] })
@Index({ name: 'audit_event_actor_id_idx', properties: ['actorId', 'createdAt', 'id'] })
export class AuditEvent {
  [OptionalProps]?: 'createdAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: 'text' })
  action!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'actor_id',
    foreignKeyName: 'audit_event_actor_id_fkey',
    nullable: true,
    deleteRule: 'no action',
  })
  actorId: string | null = null;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'subject_id',
    foreignKeyName: 'audit_event_subject_id_fkey',
    nullable: true,
    deleteRule: 'no action',
  })
  subjectId: string | null = null;

  @Property({ type: 'json', nullable: true })
  detail: Record<string, unknown> | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;
}

/** Where it was done from. This is personal data: it is deleted with the account, while the event stays. */
@Entity()
export class AuditOrigin {
  @ManyToOne(() => AuditEvent, {
    mapToPk: true,
    primary: true,
    fieldName: 'audit_event_id',
    foreignKeyName: 'audit_origin_audit_event_id_fkey',
    updateRule: 'no action',
    deleteRule: 'no action',
  })
  auditEventId!: string;

  @Property({ type: 'text', nullable: true })
  ipAddress: string | null = null;

  @Property({ type: 'text', nullable: true })
  userAgent: string | null = null;
}
