import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Connection, Edge } from './connection.ts';
import { Money, MoneyInput } from './money.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime } from './scalars.ts';
import { Wallet } from './wallet.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Purchase extends Node {
  @Field(() => Int)
  quantity!: number;

  @Field(() => Money)
  unitPrice!: Money;

  @Field(() => Money)
  total!: Money;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const PurchaseConnection = Connection(() => Purchase, 'Purchase');

@InputType()
export class PurchaseProductInput {
  @Field(() => ID)
  productId!: string;

  @Field(() => Int, { defaultValue: 1 })
  quantity!: number;

  @Field(() => MoneyInput, { description: 'What the buyer was shown for one.' })
  expectedPrice!: MoneyInput;

  @Field(() => String, {
    description: "Made by the client, one a purchase; a repeat gives the first call's result.",
  })
  idempotencyKey!: string;
}

@ObjectType({ simpleResolvers: true })
export class PurchaseProductPayload extends Payload {
  @Field(() => Purchase, { nullable: true })
  purchase?: object | null;

  @Field(() => Edge(() => Purchase, 'Purchase'), {
    nullable: true,
    description: "The purchase as an edge of the account's `purchases`.",
  })
  purchaseEdge?: object | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
