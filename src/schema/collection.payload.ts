import { Field, ID, ObjectType } from 'type-graphql';
import { Collection } from './collection.type.ts';
import { Payload } from './payload.ts';

@ObjectType({ simpleResolvers: true })
export class CollectionPayload extends Payload {
  @Field(() => Collection, { nullable: true })
  collection?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteCollectionPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedCollectionId?: string | null;
}
