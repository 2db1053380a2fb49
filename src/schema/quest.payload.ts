import { Field, ObjectType } from 'type-graphql';
import { Payload } from './payload.ts';
import { Quest } from './quest.type.ts';
import { QuestCompletion } from './quest-completion.type.ts';
import { LedgerEntry, Wallet } from './wallet.type.ts';

@ObjectType({ simpleResolvers: true })
export class QuestPayload extends Payload {
  @Field(() => Quest, { nullable: true })
  quest?: object | null;
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

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
