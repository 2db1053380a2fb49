import { Field, ID, InputType } from 'type-graphql';
import { GraphQLDateTime, GraphQLJSONObject, GraphQLUUID } from './scalars.ts';

@InputType()
export class EventMetadataInput {
  @Field(() => String, { nullable: true, description: 'Null is the same as left out.' })
  source?: string | null;

  @Field(() => String, { nullable: true, description: 'Null is the same as left out.' })
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
    description: 'Null is the same as left out: the event has none.',
  })
  data?: Record<string, unknown> | null;

  @Field(() => EventMetadataInput, {
    nullable: true,
    description: 'Null is the same as left out: the event has none.',
  })
  metadata?: EventMetadataInput | null;
}

@InputType()
export class RecordEventsInput {
  @Field(() => [EventInput])
  events!: EventInput[];
}

@InputType()
export class ReplayDeadLetterInput {
  @Field(() => ID)
  id!: string;
}
