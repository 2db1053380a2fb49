import { Field, ObjectType } from 'type-graphql';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';
import { Quest } from './quest.type.ts';
import { QuestCompletion } from './quest-completion.type.ts';
import { LedgerEntry, Wallet } from './wallet.type.ts';

@ObjectType({ simpleResolvers: true })
export class QuestPayload extends Payload {
  @Field(() => Quest, { nullable: true })
  quest?: object | null;

  @Field(() => Edge(() => Quest, 'Quest'), {
    nullable: true,
    description: 'The quest as an edge of the list `quests`, to be put at its beginning.',
  })
  questEdge?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class ClaimRewardPayload extends Payload {
  @Field(() => QuestCompletion, { nullable: true })
  completion?: object | null;

  @Field(() => Boolean, {
    description: "True where an earlier call claimed it; the result is that call's.",
  })
  alreadyClaimed!: boolean;

  @Field(() => [LedgerEntry])
  entries!: readonly object[];

  @Field(() => [Edge(() => LedgerEntry, 'LedgerEntry')], {
    description: "The entries as edges of the wallet's `entries`, in their order there: the last made first.",
  })
  entryEdges!: readonly object[];

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
