import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { EventOutcome } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from './scalars.ts';

@ObjectType({ implements: Node, description: 'An event as it was accepted.', simpleResolvers: true })
export class RecordedEvent extends Node {
  @Field(() => GraphQLUUID)
  eventId!: string;

  @Field(() => String)
  eventType!: string;

  @Field(() => GraphQLDateTime)
  timestamp!: Date;

  @Field(() => GraphQLJSONObject, { nullable: true })
  data!: object | null;

  @Field(() => String, { nullable: true })
  source!: string | null;

  @Field(() => GraphQLDateTime)
  recordedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Null while it waits.' })
  appliedAt!: Date | null;
}

@ObjectType({
  implements: Node,
  description: 'An event that could not be applied, after all tries.',
  simpleResolvers: true,
})
export class DeadLetter extends Node {
  @Field(() => String)
  error!: string;

  @Field(() => Int)
  attempts!: number;

  @Field(() => GraphQLDateTime)
  failedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true })
  replayedAt!: Date | null;
}

export const RecordedEventConnection = Connection(() => RecordedEvent, 'RecordedEvent');
export const DeadLetterConnection = Connection(() => DeadLetter, 'DeadLetter');

@InputType()
export class EventMetadataInput {
  @Field(() => String, { nullable: true })
  source?: string | null;

  @Field(() => String, { nullable: true })
  version?: string | null;
}

@InputType()
export class EventInput {
  @Field(() => GraphQLUUID, {
    description: 'Made by whoever saw the event; the same id is taken once per source.',
  })
  eventId!: string;

  @Field(() => String)
  eventType!: string;

  @Field(() => GraphQLDateTime)
  timestamp!: Date;

  @Field(() => ID, {
    nullable: true,
    description: "Left out, the viewer. Another's only for the roles SERVICE and ADMIN.",
  })
  userId?: string | null;

  @Field(() => GraphQLJSONObject, {
    nullable: true,
  })
  data?: Record<string, unknown> | null;

  @Field(() => EventMetadataInput, {
    nullable: true,
  })
  metadata?: EventMetadataInput | null;
}

@InputType()
export class RecordEventsInput {
  @Field(() => [EventInput])
  events!: EventInput[];

  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds, at most 5,000: the answer waits so long until the events are applied. Left out or null: 500, for the role SERVICE 0.',
  })
  applyWithin?: number | null;
}

@InputType()
export class ReplayDeadLetterInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType({ simpleResolvers: true })
export class EventResult {
  @Field(() => GraphQLUUID)
  eventId!: string;

  @Field(() => EventOutcome)
  outcome!: keyof typeof EventOutcome;

  @Field(() => String, { nullable: true, description: 'Why it was rejected.' })
  message?: string | null;
}

@ObjectType({ description: 'One result for each event, in their order.', simpleResolvers: true })
export class RecordEventsPayload extends Payload {
  @Field(() => [EventResult])
  results!: readonly EventResult[];
}

@ObjectType({ simpleResolvers: true })
export class ReplayDeadLetterPayload extends Payload {
  @Field(() => DeadLetter, { nullable: true })
  deadLetter?: object | null;
}
