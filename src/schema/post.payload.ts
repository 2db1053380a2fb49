import { Field, ID, ObjectType } from 'type-graphql';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';
import { Post } from './post.type.ts';

@ObjectType({ simpleResolvers: true })
export class PostPayload extends Payload {
  @Field(() => Post, { nullable: true })
  post?: object | null;

  @Field(() => Edge(() => Post, 'Post'), {
    nullable: true,
    description: 'The post as an edge of `posts` in the order of its creation, newest first.',
  })
  postEdge?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeletePostPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedPostId?: string | null;
}
