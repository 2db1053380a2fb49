import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Node } from './node.type.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Post extends Node {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  body!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const PostConnection = Connection(() => Post, 'Post');
