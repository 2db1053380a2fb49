import { Field, ID, InputType, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
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
  description:
    'An entry of the append-only ledger. The balance of an account is always the sum of its entries.',
  simpleResolvers: true,
})
export class LedgerEntry extends Node {
  @Field(() => Currency)
  currency!: keyof typeof Currency;

  @Field(() => GraphQLSafeInt, { description: 'Positive if it was paid in, negative if it was paid out.' })
  amount!: number;

  @Field(() => GraphQLSafeInt)
  balanceAfter!: number;

  @Field(() => LedgerReason)
  reason!: keyof typeof LedgerReason;

  @Field(() => String, { nullable: true, description: 'The reason that the admin gave.' })
  note!: string | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const LedgerEntryEdge = Edge(() => LedgerEntry, 'LedgerEntry');
export const LedgerEntryConnection = Connection(() => LedgerEntry, 'LedgerEntry', LedgerEntryEdge);

@InputType({ description: 'An adjustment of a wallet: a positive amount is given, a negative one is taken.' })
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
  entry?: LedgerEntry | null;

  @Field(() => LedgerEntryEdge, {
    nullable: true,
    description: "The entry as an edge of the wallet's `entries`.",
  })
  entryEdge?: EdgeOf<LedgerEntry> | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: Wallet | null;
}
