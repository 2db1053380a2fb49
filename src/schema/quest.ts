import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection, Edge } from './connection.ts';
import { QuestCadence, QuestKind } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLJSONObject } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Quest extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  description!: string;

  @Field(() => String, { description: 'The type of event that moves it, such as user.signed_in.' })
  eventType!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
    description: 'What the data of an event must contain for it to count.',
  })
  eventMatch!: Readonly<Record<string, unknown>> | null;

  @Field(() => QuestKind)
  kind!: keyof typeof QuestKind;

  @Field(() => QuestCadence)
  cadence!: keyof typeof QuestCadence;

  @Field(() => Int, { description: 'The number of events, or of consecutive periods, to reach.' })
  goal!: number;

  @Field(() => Boolean, {
    description: 'Whether rewards are paid at completion. If not, they wait to be claimed.',
  })
  autoClaim!: boolean;

  @Field(() => Int, {
    nullable: true,
    description: 'How often one person can ever complete it; null for no limit.',
  })
  maxCompletions!: number | null;

  @Field(() => Boolean, {
    description:
      'Whether people may record its events for themselves. If not, only the server, SERVICE and ADMIN may.',
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
  @Field(() => Int)
  quantity!: number;
}

export const QuestEdge = Edge(() => Quest, 'Quest');
export const QuestConnection = Connection(() => Quest, 'Quest', QuestEdge);

@InputType()
export class QuestRewardInput {
  @Field(() => ID)
  rewardId!: string;

  @Field(() => Int, { defaultValue: 1 })
  quantity!: number;
}

@InputType()
export class CreateQuestInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, { defaultValue: '' })
  description!: string;

  @Field(() => String)
  eventType!: string;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
  })
  eventMatch?: Record<string, unknown> | null;

  @Field(() => QuestKind, { defaultValue: 'COUNT' })
  kind!: keyof typeof QuestKind;

  @Field(() => QuestCadence, { defaultValue: 'NONE' })
  cadence!: keyof typeof QuestCadence;

  @Field(() => Int, { defaultValue: 1 })
  goal!: number;

  @Field(() => Boolean, { defaultValue: false })
  autoClaim!: boolean;

  @Field(() => Int, {
    nullable: true,
    description:
      'How often one person can ever complete it. If left out: 1 if the cadence is NONE, otherwise no limit. Null: no limit.',
  })
  maxCompletions?: number | null;

  @Field(() => Boolean, { defaultValue: false })
  selfReported!: boolean;

  @Field(() => [ID], { defaultValue: [] })
  prerequisiteIds!: string[];

  @Field(() => [QuestRewardInput], { defaultValue: [] })
  rewards!: QuestRewardInput[];

  @Field(() => GraphQLDateTime, { nullable: true })
  startsAt?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  endsAt?: Date | null;
}

@InputType()
export class UpdateQuestInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => String, { nullable: true })
  eventType?: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true })
  eventMatch?: Record<string, unknown> | null;

  @Field(() => QuestKind, { nullable: true })
  kind?: keyof typeof QuestKind | null;

  @Field(() => QuestCadence, { nullable: true })
  cadence?: keyof typeof QuestCadence | null;

  @Field(() => Int, { nullable: true })
  goal?: number | null;

  @Field(() => Boolean, { nullable: true })
  autoClaim?: boolean | null;

  @Field(() => Int, { nullable: true })
  maxCompletions?: number | null;

  @Field(() => Boolean, { nullable: true })
  selfReported?: boolean | null;

  @Field(() => [ID], { nullable: true })
  prerequisiteIds?: string[] | null;

  @Field(() => [QuestRewardInput], { nullable: true })
  rewards?: QuestRewardInput[] | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  startsAt?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  endsAt?: Date | null;

  @Field(() => Boolean, { nullable: true })
  archived?: boolean | null;
}

@ObjectType({ simpleResolvers: true })
export class QuestPayload extends Payload {
  @Field(() => Quest, { nullable: true })
  quest?: Quest | null;

  @Field(() => QuestEdge, {
    nullable: true,
    description: 'The quest as an edge of the list `quests`, for a client to insert at the beginning.',
  })
  questEdge?: EdgeOf<Quest> | null;
}
