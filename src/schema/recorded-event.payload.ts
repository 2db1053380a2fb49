import { Field, ObjectType } from 'type-graphql';
import { EventOutcome } from './enums.ts';
import { Payload } from './payload.ts';
import { DeadLetter } from './recorded-event.type.ts';
import { GraphQLUUID } from './scalars.ts';

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
