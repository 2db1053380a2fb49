import { Field, ObjectType } from 'type-graphql';
import { Payload } from './payload.ts';
import { Reward } from './reward.type.ts';

@ObjectType({ simpleResolvers: true })
export class RewardPayload extends Payload {
  @Field(() => Reward, { nullable: true })
  reward?: object | null;
}
