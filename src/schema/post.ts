import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection, Edge } from './connection.ts';
import { OrderDirection, PostOrderField } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Post extends Node {
  @Field(() => String)
  title!: string;

  /** Read only if it is selected. */
  @Field(() => String)
  body?: string;

  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const PostEdge = Edge(() => Post, 'Post');
export const PostConnection = Connection(() => Post, 'Post', PostEdge);

@InputType({
  description: 'The order of posts. If left out: RELEVANCE in a search, otherwise CREATED_AT DESC.',
})
export class PostOrder {
  @Field(() => PostOrderField)
  field!: keyof typeof PostOrderField;

  @Field(() => OrderDirection, { defaultValue: 'DESC' })
  direction!: keyof typeof OrderDirection;
}

@InputType()
export class PostFilter {
  @Field(() => ID, { nullable: true })
  authorId?: string | null;

  @Field(() => ID, { nullable: true })
  collectionId?: string | null;
}

@InputType()
export class CreatePostInput {
  @Field(() => String)
  title!: string;

  @Field(() => String)
  body!: string;

  @Field(() => [ID], { defaultValue: [] })
  collectionIds!: string[];
}

@InputType()
export class UpdatePostInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  title?: string | null;

  @Field(() => String, { nullable: true })
  body?: string | null;
}

@InputType()
export class DeletePostInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType({ simpleResolvers: true })
export class PostPayload extends Payload {
  @Field(() => Post, { nullable: true })
  post?: Post | null;

  @Field(() => PostEdge, {
    nullable: true,
    description: 'The post as an edge of `posts` in order of creation, newest first.',
  })
  postEdge?: EdgeOf<Post> | null;
}

@ObjectType({ simpleResolvers: true })
export class DeletePostPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedPostId?: string | null;
}
