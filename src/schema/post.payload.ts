import { Field, ID, ObjectType } from 'type-graphql';
import { Payload } from './payload.ts';
import { Post } from './post.type.ts';

@ObjectType({ simpleResolvers: true })
export class PostPayload extends Payload {
  @Field(() => Post, { nullable: true })
  post?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeletePostPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedPostId?: string | null;
}
