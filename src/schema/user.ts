import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLURL } from './scalars.ts';

@ObjectType({
  implements: Node,
  description: 'The public side of a person, which anyone may see.',
  simpleResolvers: true,
})
export class User extends Node {
  @Field(() => String)
  username!: string;

  @Field(() => String)
  displayName!: string;

  @Field(() => GraphQLURL, { nullable: true })
  avatarUrl!: string | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const UserConnection = Connection(() => User, 'User');

@InputType()
export class DeleteUserInput {
  @Field(() => ID)
  userId!: string;
}

@ObjectType({ simpleResolvers: true })
export class DeleteUserPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedUserId?: string | null;
}
