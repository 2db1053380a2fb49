import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { CompletionStatus } from './enums.ts';
import { Money } from './money.type.ts';
import { Node } from './node.type.ts';
import { GraphQLDateTime, GraphQLUUID } from './scalars.ts';

@ObjectType({
  implements: Node,
  description: 'One completion of a quest by one person; its rewards are fixed at the moment of completion.',
  simpleResolvers: true,
})
export class QuestCompletion extends Node {
  @Field(() => Int, { description: '1 for the first time.' })
  ordinal!: number;

  @Field(() => CompletionStatus)
  status!: keyof typeof CompletionStatus;

  @Field(() => [Money])
  rewards!: Money[];

  @Field(() => GraphQLDateTime)
  completedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  claimedAt!: Date | null;

  @Field(() => [GraphQLUUID], { description: 'The events that led here, oldest first.' })
  eventIds!: string[];
}

export const QuestCompletionConnection = Connection(() => QuestCompletion, 'QuestCompletion');
