import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Money } from './money.type.ts';
import { Node } from './node.type.ts';
import { GraphQLDateTime } from './scalars.ts';

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
