import { OptionalProps } from '@mikro-orm/core';
import { Check, Entity, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

/** A session of a device. Its id is the claim `sid` of its access tokens. */
@Entity()
@Index({ name: 'session_account_id_idx', properties: ['accountId', 'lastSeenAt', 'id'] })
@Index({ name: 'session_expires_at_idx', properties: ['expiresAt'] })
export class Session {
  [OptionalProps]?: 'createdAt' | 'lastSeenAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'session_account_id_fkey',
  })
  accountId!: string;

  /** The provider through which it began; null if it began with a password, or if that is unknown. */
  @Property({ type: 'text', nullable: true })
  provider: string | null = null;

  @Property({ type: 'text', nullable: true })
  userAgent: string | null = null;

  @Property({ type: 'text', nullable: true })
  ipAddress: string | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  lastSeenAt!: Date;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  endedAt: Date | null = null;
}

/** A token in a session's chain of refresh tokens. Once it is used, it names its successor. */
@Entity()
@Check({ name: 'refresh_token_used_check', expression: '(used_at is null) = (successor_id is null)' })
@Index({ name: 'refresh_token_session_id_idx', properties: ['sessionId'] })
@Index({ name: 'refresh_token_expires_at_idx', properties: ['expiresAt'] })
export class RefreshToken {
  [OptionalProps]?: 'createdAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Session, {
    mapToPk: true,
    fieldName: 'session_id',
    foreignKeyName: 'refresh_token_session_id_fkey',
    deleteRule: 'cascade',
  })
  sessionId!: string;

  @Property({ type: 'uuid', nullable: true, unique: 'refresh_token_successor_id_key' })
  successorId: string | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3 })
  expiresAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  usedAt: Date | null = null;
}
