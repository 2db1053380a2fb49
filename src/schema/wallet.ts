import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Connection, Edge } from './connection.ts';
import { Currency, LedgerReason } from './enums.ts';
import { MoneyInput } from './money.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
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

export const LedgerEntryConnection = Connection(() => LedgerEntry, 'LedgerEntry');

@InputType({ description: 'A positive amount is given, a negative one taken.' })
export class AdjustWalletInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => MoneyInput)
  amount!: MoneyInput;

  @Field(() => String)
  note!: string;

  @Field(() => String)
  idempotencyKey!: string;
}

@InputType()
export class ReverseEntryInput {
  @Field(() => ID)
  entryId!: string;

  @Field(() => String)
  note!: string;
}

@ObjectType({ simpleResolvers: true })
export class LedgerEntryPayload extends Payload {
  @Field(() => LedgerEntry, { nullable: true })
  entry?: object | null;

  @Field(() => Edge(() => LedgerEntry, 'LedgerEntry'), {
    nullable: true,
    description: "The entry as an edge of the wallet's `entries`.",
  })
  entryEdge?: object | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
