import { Field, ID, ObjectType } from 'type-graphql';
import { Collection } from './collection.type.ts';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';

@ObjectType({ simpleResolvers: true })
export class CollectionPayload extends Payload {
  @Field(() => Collection, { nullable: true })
  collection?: object | null;

  @Field(() => Edge(() => Collection, 'Collection'), {
    nullable: true,
    description: 'The collection as an edge of the list `collections`, to be put at its beginning.',
  })
  collectionEdge?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteCollectionPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedCollectionId?: string | null;
}
