import { Field, InterfaceType, ObjectType } from 'type-graphql';
import { Notification } from './notification.type.ts';
import { QuestCompletion } from './quest-completion.type.ts';
import { GraphQLDateTime, GraphQLLiveCursor } from './scalars.ts';
import { LedgerEntry } from './wallet.type.ts';

@InterfaceType({
  description:
    'One thing that happened. Each subscription delivers its events once, in the order in which they were committed; with after, first all that came later than that cursor.',
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
export class NotificationEvent extends LiveEvent {
  @Field(() => Notification)
  notification!: object;
}

@ObjectType({ implements: LiveEvent, simpleResolvers: true })
export class WalletEvent extends LiveEvent {
  @Field(() => LedgerEntry)
  entry!: object;
}
