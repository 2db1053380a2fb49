import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection, Edge } from './connection.ts';
import { Visibility } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Collection extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Visibility)
  visibility!: keyof typeof Visibility;

  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const CollectionEdge = Edge(() => Collection, 'Collection');
export const CollectionConnection = Connection(() => Collection, 'Collection', CollectionEdge);

@InputType()
export class CreateCollectionInput {
  @Field(() => String)
  name!: string;

  @Field(() => Visibility, { defaultValue: 'PUBLIC' })
  visibility!: keyof typeof Visibility;
}

@InputType()
export class UpdateCollectionInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => Visibility, { nullable: true })
  visibility?: keyof typeof Visibility | null;
}

@InputType()
export class DeleteCollectionInput {
  @Field(() => ID)
  id!: string;
}

@InputType()
export class CollectionPostInput {
  @Field(() => ID)
  collectionId!: string;

  @Field(() => ID)
  postId!: string;
}

@ObjectType({ simpleResolvers: true })
export class CollectionPayload extends Payload {
  @Field(() => Collection, { nullable: true })
  collection?: Collection | null;

  @Field(() => CollectionEdge, {
    nullable: true,
    description:
      'The collection as an edge of the list `collections`, for a client to insert at the beginning.',
  })
  collectionEdge?: EdgeOf<Collection> | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteCollectionPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedCollectionId?: string | null;
}
