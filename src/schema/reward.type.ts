import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Money } from './money.type.ts';
import { Node } from './node.type.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Reward extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Money)
  item!: Money;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => Int)
  version!: number;
}

export const RewardConnection = Connection(() => Reward, 'Reward');
