import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection } from './connection.ts';
import { CompletionStatus } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime } from './scalars.ts';
import { LedgerEntry, LedgerEntryEdge, Wallet } from './wallet.ts';

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

  @Field(() => GraphQLDateTime)
  completedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  claimedAt!: Date | null;
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
  completion?: QuestCompletion | null;

  @Field(() => Boolean, {
    description: 'True if an earlier call claimed it; the result is that of the earlier call.',
  })
  alreadyClaimed!: boolean;

  @Field(() => [LedgerEntry])
  entries!: readonly (LedgerEntry | Error | null)[];

  @Field(() => [LedgerEntryEdge], {
    description: "The entries as edges of the wallet's `entries`, in the same order: latest first.",
  })
  entryEdges!: readonly EdgeOf<LedgerEntry>[];

  @Field(() => Wallet, { nullable: true })
  wallet?: Wallet | null;
}
