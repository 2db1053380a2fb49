import { Field, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Node } from './node.ts';
import { GraphQLDateTime, GraphQLJSONObject } from './scalars.ts';

@ObjectType({
  implements: Node,
  description: 'Something that was done to an account or session, by whom and from where.',
  simpleResolvers: true,
})
export class AuditEvent extends Node {
  @Field(() => String)
  action!: string;

  @Field(() => String, { nullable: true })
  ipAddress!: string | null;

  @Field(() => String, { nullable: true })
  userAgent!: string | null;

  @Field(() => GraphQLJSONObject, { nullable: true })
  detail!: Readonly<Record<string, unknown>> | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const AuditEventConnection = Connection(() => AuditEvent, 'AuditEvent');
