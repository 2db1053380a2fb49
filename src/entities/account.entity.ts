import { OptionalProps } from '@mikro-orm/core';
import { Check, Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';

export const roles = ['USER', 'ADMIN', 'SERVICE'] as const;
export type Role = (typeof roles)[number];

export const accountStatuses = ['NEW', 'ACTIVE', 'SUSPENDED'] as const;
export type AccountStatus = (typeof accountStatuses)[number];

/** An account: what anyone may see of it (User), and what only its owner and admins may see (Account). */
@Entity()
@Check({
  name: 'account_email_check',
  expression: '(email is null) = (deleted_at is not null) and char_length(email) <= 254',
})
@Index({
  name: 'account_username_key',
  expression: 'create unique index account_username_key on account (lower(username))',
})
@Index({
  name: 'account_email_key',
  expression: 'create unique index account_email_key on account (lower(email))',
})
@Index({
  name: 'account_username_prefix_idx',
  expression: 'create index account_username_prefix_idx on account (lower(username) text_pattern_ops)',
})
@Index({
  name: 'account_display_name_prefix_idx',
  expression:
    'create index account_display_name_prefix_idx on account (search_name(display_name) text_pattern_ops)',
})
@Index({
  name: 'account_email_prefix_idx',
  expression: 'create index account_email_prefix_idx on account (lower(email) text_pattern_ops)',
})
@Index({ name: 'account_created_at_idx', properties: ['createdAt', 'id'], where: 'deleted_at is null' })
@Index({ name: 'account_role_idx', properties: ['role', 'createdAt', 'id'], where: 'deleted_at is null' })
export class Account {
  [OptionalProps]?: 'role' | 'status' | 'timeZone' | 'createdAt' | 'updatedAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @Property({ type: 'text', collation: 'C', check: "username ~ '^[A-Za-z][A-Za-z0-9_.-]{2,29}$'" })
  username!: string;

  /** Null once the account is deleted. */
  @Property({ type: 'text', collation: 'C', nullable: true })
  email: string | null = null;

  /** Null if only a provider signs the person in. */
  @Property({ type: 'text', nullable: true, hidden: true })
  passwordHash: string | null = null;

  @Property({ type: 'text', check: 'char_length(display_name) >= 1 and char_length(display_name) <= 80' })
  displayName!: string;

  @Property({ type: 'text', nullable: true })
  avatarUrl: string | null = null;

  @Enum({ items: roles })
  role: Role = 'USER';

  @Enum({ items: accountStatuses })
  status: AccountStatus = 'NEW';

  /** The status before the suspension, and again after it. */
  @Property({ type: 'text', nullable: true, check: "suspended_from in ('NEW', 'ACTIVE')" })
  suspendedFrom: Exclude<AccountStatus, 'SUSPENDED'> | null = null;

  /** An IANA name. */
  @Property({ type: 'text' })
  timeZone = 'UTC';

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()', onUpdate: () => new Date() })
  updatedAt!: Date;

  @Property({ type: 'datetime', length: 3, nullable: true })
  deletedAt: Date | null = null;

  /** Access tokens issued before this are ended. In whole seconds, like their claim `iat`. */
  @Property({ type: 'datetime', length: 3, nullable: true })
  tokensValidFrom: Date | null = null;
}

/** The username of a deleted account, in lower case. Nobody can take it before `freeAt`. */
@Entity()
@Check({ name: 'retired_username_lower_check', expression: 'username = lower(username)' })
@Index({ name: 'retired_username_free_at_idx', properties: ['freeAt'] })
export class RetiredUsername {
  @PrimaryKey({ type: 'text', collation: 'C' })
  username!: string;

  @Property({ type: 'datetime', length: 3 })
  freeAt!: Date;
}
