import { Field, ObjectType } from 'type-graphql';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';
import { Reward } from './reward.type.ts';

@ObjectType({ simpleResolvers: true })
export class RewardPayload extends Payload {
  @Field(() => Reward, { nullable: true })
  reward?: object | null;

  @Field(() => Edge(() => Reward, 'Reward'), {
    nullable: true,
    description: 'The reward as an edge of the list `rewards`, to be put at its beginning.',
  })
  rewardEdge?: object | null;
}
