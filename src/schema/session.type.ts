import { Field, ObjectType } from 'type-graphql';
import { GraphQLDateTime, GraphQLUUID } from './scalars.ts';

@ObjectType({ description: 'A signed-in device.', simpleResolvers: true })
export class Session {
  @Field(() => GraphQLUUID, { description: 'The UUID that the access token carries as sid.' })
  id!: string;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  lastSeenAt!: Date;

  @Field(() => String, { nullable: true })
  userAgent!: string | null;

  @Field(() => String, { nullable: true })
  ipAddress!: string | null;

  @Field(() => Boolean)
  isCurrent!: boolean;
}
