import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { QuestCadence, QuestKind } from './enums.ts';
import { Node } from './node.type.ts';
import { Reward } from './reward.type.ts';
import { GraphQLDateTime, GraphQLJSONObject } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Quest extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  description!: string;

  @Field(() => String, { description: 'The type of event that moves it on, such as user.signed_in.' })
  eventType!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'Only events whose data contains all of this count.',
  })
  eventMatch!: object | null;

  @Field(() => QuestKind)
  kind!: keyof typeof QuestKind;

  @Field(() => QuestCadence)
  cadence!: keyof typeof QuestCadence;

  @Field(() => Int, { description: 'How many events, or how many consecutive periods.' })
  goal!: number;

  @Field(() => Boolean, {
    description: 'Rewards are granted at completion; otherwise they wait to be claimed.',
  })
  autoClaim!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'How often one person can complete it in their life; null for no limit.',
  })
  maxCompletions!: number | null;

  @Field(() => Boolean, {
    description:
      'People may record its events for themselves; otherwise only the server, SERVICE and ADMIN may.',
  })
  selfReported!: boolean;

  @Field(() => GraphQLDateTime, { nullable: true })
  startsAt!: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  endsAt!: Date | null;

  @Field(() => Boolean)
  archived!: boolean;

  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

@ObjectType({ simpleResolvers: true })
export class QuestReward {
  @Field(() => Reward)
  reward!: object;

  @Field(() => Int)
  quantity!: number;
}

export const QuestConnection = Connection(() => Quest, 'Quest');
