import { Field, ID, InputType, Int } from 'type-graphql';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from './scalars.ts';

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
