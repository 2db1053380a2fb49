import { OptionalProps } from '@mikro-orm/core';
import { Check, Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { Account } from './account.entity.ts';

export const notificationKinds = ['QUEST_COMPLETED', 'REWARD_GRANTED', 'PURCHASE_MADE', 'SYSTEM'] as const;
export type NotificationKind = (typeof notificationKinds)[number];

@Entity()
@Check({ name: 'notification_subject_check', expression: '(subject_type is null) = (subject_id is null)' })
@Index({ name: 'notification_account_id_idx', properties: ['accountId', 'createdAt', 'id'] })
@Index({
  name: 'notification_unread_idx',
  properties: ['accountId', 'createdAt', 'id'],
  where: 'read_at is null',
})
export class Notification {
  [OptionalProps]?: 'createdAt';

  @PrimaryKey({ type: 'uuid', defaultRaw: 'uuidv7()' })
  id!: string;

  @ManyToOne(() => Account, {
    mapToPk: true,
    fieldName: 'account_id',
    foreignKeyName: 'notification_account_id_fkey',
  })
  accountId!: string;

  @Enum({ items: notificationKinds })
  kind!: NotificationKind;

  @Property({ type: 'text' })
  title!: string;

  @Property({ type: 'text' })
  body!: string;

  /** The prefix of the subject's public id, such as completion. */
  @Property({ type: 'text', nullable: true })
  subjectType: string | null = null;

  @Property({ type: 'uuid', nullable: true })
  subjectId: string | null = null;

  @Property({ type: 'datetime', length: 3, nullable: true })
  readAt: Date | null = null;

  @Property({ type: 'datetime', length: 3, defaultRaw: 'now()' })
  createdAt!: Date;
}
