import { Field, ID, InterfaceType, ObjectType } from 'type-graphql';
import { ChangeAction, CollectionAction } from './enums.ts';
import { GraphQLDateTime, GraphQLLiveCursor } from './scalars.ts';

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
export class QuestCompletedEvent extends LiveEvent {}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class QuestProgressedEvent extends LiveEvent {}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class PostEvent extends LiveEvent {
  @Field(() => ChangeAction)
  action!: keyof typeof ChangeAction;

  @Field(() => ID)
  postId!: string;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class CollectionEvent extends LiveEvent {
  @Field(() => CollectionAction)
  action!: keyof typeof CollectionAction;

  @Field(() => ID)
  collectionId!: string;

  @Field(() => ID, { nullable: true })
  postId!: string | null;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class NotificationEvent extends LiveEvent {}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class WalletEvent extends LiveEvent {}
