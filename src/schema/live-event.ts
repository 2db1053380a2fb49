import { Field, ID, Int, InterfaceType, ObjectType } from 'type-graphql';
import { Collection } from './collection.ts';
import { ChangeAction, CollectionAction } from './enums.ts';
import { Notification } from './notification.ts';
import { Post } from './post.ts';
import { QuestCompletion } from './quest-completion.ts';
import { QuestProgress } from './quest-progress.ts';
import { GraphQLDateTime, GraphQLLiveCursor } from './scalars.ts';
import { LedgerEntry, Wallet } from './wallet.ts';

@InterfaceType({
  description:
    'Something that happened. Each subscription delivers its events once, in commit order. With after, it first delivers everything later than that cursor.',
})
export abstract class LiveEvent {
  @Field(() => GraphQLLiveCursor)
  cursor!: string;

  @Field(() => GraphQLDateTime)
  occurredAt!: Date;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class QuestCompletedEvent extends LiveEvent {
  @Field(() => QuestCompletion)
  completion!: object;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class QuestProgressedEvent extends LiveEvent {
  @Field(() => QuestProgress, { description: 'The progress as it is now: several events may show the same.' })
  progress!: object;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class PostEvent extends LiveEvent {
  @Field(() => ChangeAction)
  action!: keyof typeof ChangeAction;

  @Field(() => ID)
  postId!: string;

  @Field(() => Post, { nullable: true, description: 'The post as it is now; null if it was deleted.' })
  post!: object | null;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class CollectionEvent extends LiveEvent {
  @Field(() => CollectionAction)
  action!: keyof typeof CollectionAction;

  @Field(() => ID)
  collectionId!: string;

  @Field(() => Collection, { nullable: true })
  collection!: object | null;

  @Field(() => ID, { nullable: true })
  postId!: string | null;

  @Field(() => Post, { nullable: true })
  post!: object | null;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class NotificationEvent extends LiveEvent {
  @Field(() => Notification)
  notification!: object;

  @Field(() => Int, { description: 'The number for the account of the viewer, as it is now.' })
  unreadNotificationCount!: number;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class WalletEvent extends LiveEvent {
  @Field(() => LedgerEntry)
  entry!: object;

  @Field(() => Wallet, {
    description: 'The wallet as it is now, with the balances after this entry and any later one.',
  })
  wallet!: object;
}
