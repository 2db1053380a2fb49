import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Node } from './node.type.ts';
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
