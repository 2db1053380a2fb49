import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection, Edge } from './connection.ts';
import { Money, MoneyInput } from './money.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
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

export const RewardEdge = Edge(() => Reward, 'Reward');
export const RewardConnection = Connection(() => Reward, 'Reward', RewardEdge);

@InputType()
export class CreateRewardInput {
  @Field(() => String)
  name!: string;

  @Field(() => MoneyInput)
  item!: MoneyInput;
}

@InputType()
export class UpdateRewardInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => MoneyInput, { nullable: true })
  item?: MoneyInput | null;
}

@ObjectType({ simpleResolvers: true })
export class RewardPayload extends Payload {
  @Field(() => Reward, { nullable: true })
  reward?: Reward | null;

  @Field(() => RewardEdge, {
    nullable: true,
    description: 'The reward as an edge of the list `rewards`, for a client to insert at the beginning.',
  })
  rewardEdge?: EdgeOf<Reward> | null;
}
