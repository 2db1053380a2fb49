import { createUnionType, Field, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Currency, LedgerReason } from './enums.ts';
import { Node } from './node.type.ts';
import { Purchase } from './purchase.type.ts';
import { QuestCompletion } from './quest-completion.type.ts';
import { GraphQLDateTime, GraphQLSafeInt } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Wallet extends Node {
  @Field(() => GraphQLSafeInt)
  gold!: number;

  @Field(() => GraphQLSafeInt)
  diamond!: number;
}

@ObjectType({
  implements: Node,
  description: "One line of the append-only ledger; the sum of an account's lines is its balance, always.",
  simpleResolvers: true,
})
export class LedgerEntry extends Node {
  @Field(() => Currency)
  currency!: keyof typeof Currency;

  @Field(() => GraphQLSafeInt, { description: 'Positive for what came in, negative for what went out.' })
  amount!: number;

  @Field(() => GraphQLSafeInt)
  balanceAfter!: number;

  @Field(() => LedgerReason)
  reason!: keyof typeof LedgerReason;

  @Field(() => String, { nullable: true, description: 'Why, in the words of whoever adjusted it.' })
  note!: string | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const LedgerSource = createUnionType({
  name: 'LedgerSource',
  types: () => [QuestCompletion, Purchase, LedgerEntry] as const,
});

export const LedgerEntryConnection = Connection(() => LedgerEntry, 'LedgerEntry');
