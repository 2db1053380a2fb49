import { Field, ID, InputType, Int } from 'type-graphql';
import { QuestCadence, QuestKind } from './enums.ts';
import { GraphQLDateTime, GraphQLJSONObject } from './scalars.ts';

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
    description: 'Left out: 1 where the cadence is NONE, no limit otherwise. Null: no limit.',
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

@InputType()
export class ClaimRewardInput {
  @Field(() => ID)
  completionId!: string;
}
