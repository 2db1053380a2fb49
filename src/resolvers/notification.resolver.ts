import { Arg, Ctx, Resolver, Root } from 'type-graphql';
import { idOf, type NodeRow } from '../domain/ids.ts';
import { refuse } from '../domain/refusal.ts';
import type { NotificationRow } from '../loaders/notification.loader.ts';
import { FieldResolver, Mutation } from '../schema/decorators.ts';
import { Node } from '../schema/node.ts';
import {
  MarkNotificationsReadInput,
  MarkNotificationsReadPayload,
  Notification,
} from '../schema/notification.ts';
import { payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import type { NotificationService } from '../services/notification.service.ts';
import type { Context, SignedInContext } from './context.ts';
import { findNode } from './node.resolver.ts';

type Unread = Pick<MarkNotificationsReadPayload, 'unreadNotificationCount'>;

@Resolver(() => Notification)
export class NotificationResolver {
  readonly #notifications: NotificationService;

  constructor(notifications: NotificationService) {
    this.#notifications = notifications;
  }

  @FieldResolver(() => Node, { nullable: true })
  async subject(@Root() row: NotificationRow, @Ctx() context: Context): Promise<NodeRow | null> {
    const { subjectType, subjectId } = row;
    return subjectType === null || subjectId === null ? null : findNode(context, subjectType, subjectId);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => MarkNotificationsReadPayload, { nullable: true })
  async markNotificationsRead(
    @Arg('input') { ids }: MarkNotificationsReadInput,
    @Ctx() { viewer, loaders }: SignedInContext,
  ) {
    if (ids === null) {
      const [row] = await loaders.unreadCountOfAccount.load(viewer.accountId);
      const refusal = refuse('INVALID', 'Cannot be empty. Leave it out to mark all.', ['ids']);
      return payloadOf<Unread, Unread>(refusal, { unreadNotificationCount: row?.count ?? 0 });
    }
    const uuids = ids?.map((id) => idOf('notification', id)).filter((uuid) => uuid !== null);
    const unread = await this.#notifications.markRead(viewer, uuids ?? null);
    return payloadOf({ unreadNotificationCount: unread });
  }
}
