import { Arg, Ctx, Int, Resolver, Root } from 'type-graphql';
import { ApiError, badUserInput, cursorExpired } from '../domain/errors.ts';
import type { LiveRecord, Topic } from '../pubsub/topics.ts';
import { FieldResolver, Query, Subscription } from '../schema/decorators.ts';
import {
  NotificationEvent,
  QuestCompletedEvent,
  QuestProgressedEvent,
  WalletEvent,
} from '../schema/live-event.ts';
import { Notification } from '../schema/notification.ts';
import { Allow } from '../schema/policy.ts';
import { QuestCompletion } from '../schema/quest-completion.ts';
import { QuestProgress } from '../schema/quest-progress.ts';
import { GraphQLLiveCursor } from '../schema/scalars.ts';
import { LedgerEntry, Wallet } from '../schema/wallet.ts';
import type { Context } from './context.ts';

export const after = () => Arg('after', () => GraphQLLiveCursor, { nullable: true });

/** An event as clients see it; its object is loaded if it is selected. */
export interface LiveEventOf<T extends Topic> {
  readonly cursor: string;
  readonly occurredAt: Date;
  /** The account or the object that the event is about. */
  readonly audience: string;
  readonly payload: LiveRecord<T>['payload'];
}

export function eventOf<T extends Topic>(record: LiveRecord<T>, { cursors }: Context): LiveEventOf<T> {
  const { occurredAt, audience, payload } = record;
  return { cursor: cursors.of(record), occurredAt, audience, payload };
}

export interface LiveArgs {
  readonly after?: string | null;
}

interface LiveRequest {
  readonly args: LiveArgs;
  readonly context: Context;
}

/** The viewer's own events of a topic, starting after the cursor. */
function ofViewer<T extends Topic>(topic: T) {
  return async ({ args, context }: LiveRequest): Promise<AsyncIterable<never>> => {
    const { live, viewer } = context;
    if (viewer === null) throw new ApiError('UNAUTHENTICATED', 'Sign in first.');
    const from = await positionOf(args, context);
    return live.source({ topic, audience: viewer.accountId, after: from });
  };
}

/** The seq after which a stream begins; undefined if it begins with the next event. */
export async function positionOf(
  { after }: LiveArgs,
  { cursors, live, resumeAfter }: Pick<Context, 'cursors' | 'live' | 'resumeAfter'>,
): Promise<number | undefined> {
  const cursor = after ?? resumeAfter;
  if (typeof cursor !== 'string') return undefined;
  const seq = cursors.decode(cursor);
  const state = await live.checkCursor(seq);
  if (state === 'AHEAD') throw badUserInput('The cursor is ahead of the stream.');
  if (state === 'EXPIRED') throw cursorExpired();
  return seq;
}

@Resolver()
export class LiveResolver {
  @Allow('PUBLIC')
  @Query(() => GraphQLLiveCursor, {
    description:
      'The current position in the stream of live events. It is read before every other field of its operation. A subscription that gets it as after misses nothing that came later than the lists beside it, but may repeat what they already show.',
  })
  liveCursor(@Ctx() context: Context): string {
    if (context.liveCursor === undefined) throw new Error('The live cursor was not read first.');
    return context.liveCursor;
  }

  @Allow('SIGNED_IN')
  @Subscription(() => QuestCompletedEvent, {
    subscribe: ofViewer('quest_completed'),
    description: 'The quests that the viewer completes.',
  })
  questCompleted(
    @Root() record: LiveRecord<'quest_completed'>,
    @Ctx() context: Context,
    @after() _after?: string,
  ) {
    return eventOf(record, context);
  }

  @Allow('SIGNED_IN')
  @Subscription(() => QuestProgressedEvent, {
    subscribe: ofViewer('quest_progressed'),
    description:
      "The viewer's progress in quests, whenever events have moved it. A new period or a broken streak causes no live event.",
  })
  questProgressed(
    @Root() record: LiveRecord<'quest_progressed'>,
    @Ctx() context: Context,
    @after() _after?: string,
  ) {
    return eventOf(record, context);
  }

  @Allow('SIGNED_IN')
  @Subscription(() => NotificationEvent, {
    subscribe: ofViewer('notification_received'),
    description: "The viewer's new notifications.",
  })
  notificationReceived(
    @Root() record: LiveRecord<'notification_received'>,
    @Ctx() context: Context,
    @after() _after?: string,
  ) {
    return eventOf(record, context);
  }

  @Allow('SIGNED_IN')
  @Subscription(() => WalletEvent, {
    subscribe: ofViewer('wallet_changed'),
    description: "New entries in the viewer's ledger.",
  })
  walletChanged(
    @Root() record: LiveRecord<'wallet_changed'>,
    @Ctx() context: Context,
    @after() _after?: string,
  ) {
    return eventOf(record, context);
  }
}

@Resolver(() => QuestCompletedEvent)
export class QuestCompletedEventResolver {
  @FieldResolver(() => QuestCompletion)
  completion(@Root() { payload }: LiveEventOf<'quest_completed'>, @Ctx() { loaders }: Context) {
    return loaders.completion.load(payload.completionId);
  }
}

@Resolver(() => QuestProgressedEvent)
export class QuestProgressedEventResolver {
  @FieldResolver(() => QuestProgress, {
    description: 'The progress as it is now: several events may show the same.',
  })
  progress(@Root() { payload }: LiveEventOf<'quest_progressed'>, @Ctx() { loaders }: Context) {
    return loaders.progress.load(payload.progressId);
  }
}

@Resolver(() => NotificationEvent)
export class NotificationEventResolver {
  @FieldResolver(() => Notification)
  notification(@Root() { payload }: LiveEventOf<'notification_received'>, @Ctx() { loaders }: Context) {
    return loaders.notification.load(payload.notificationId);
  }

  @FieldResolver(() => Int, { description: 'The number for the account of the viewer, as it is now.' })
  async unreadNotificationCount(
    @Root() { audience }: LiveEventOf<'notification_received'>,
    @Ctx() { loaders }: Context,
  ): Promise<number> {
    const [row] = await loaders.unreadCountOfAccount.load(audience);
    return row?.count ?? 0;
  }
}

@Resolver(() => WalletEvent)
export class WalletEventResolver {
  @FieldResolver(() => LedgerEntry)
  entry(@Root() { payload }: LiveEventOf<'wallet_changed'>, @Ctx() { loaders }: Context) {
    return loaders.ledgerEntry.load(payload.entryId);
  }

  @FieldResolver(() => Wallet, {
    description: 'The wallet as it is now, with the balances after this entry and any later one.',
  })
  wallet(@Root() { audience }: LiveEventOf<'wallet_changed'>, @Ctx() { loaders }: Context) {
    return loaders.wallet.load(audience);
  }
}
