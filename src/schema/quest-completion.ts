import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Connection, Edge } from './connection.ts';
import { CompletionStatus } from './enums.ts';
import { Money } from './money.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLUUID } from './scalars.ts';
import { LedgerEntry, Wallet } from './wallet.ts';

@ObjectType({
  implements: Node,
  description: 'One completion of a quest by one person; its rewards are fixed at the moment of completion.',
  simpleResolvers: true,
})
export class QuestCompletion extends Node {
  @Field(() => Int, { description: 'Counts the completions by this person: 1 for the first.' })
  ordinal!: number;

  @Field(() => CompletionStatus)
  status!: keyof typeof CompletionStatus;

  @Field(() => [Money])
  rewards!: Money[];

  @Field(() => GraphQLDateTime)
  completedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  claimedAt!: Date | null;

  @Field(() => [GraphQLUUID], { description: 'The events that led to it, oldest first.' })
  eventIds!: string[];
}

export const QuestCompletionConnection = Connection(() => QuestCompletion, 'QuestCompletion');

@InputType()
export class ClaimRewardInput {
  @Field(() => ID)
  completionId!: string;
}

@ObjectType({ simpleResolvers: true })
export class ClaimRewardPayload extends Payload {
  @Field(() => QuestCompletion, { nullable: true })
  completion?: object | null;

  @Field(() => Boolean, {
    description: 'True if an earlier call claimed it; the result is that of the earlier call.',
  })
  alreadyClaimed!: boolean;

  @Field(() => [LedgerEntry])
  entries!: readonly object[];

  @Field(() => [Edge(() => LedgerEntry, 'LedgerEntry')], {
    description: "The entries as edges of the wallet's `entries`, in the same order: latest first.",
  })
  entryEdges!: readonly object[];

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
