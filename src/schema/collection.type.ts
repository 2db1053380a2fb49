import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Visibility } from './enums.ts';
import { Node } from './node.type.ts';
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

export const CollectionConnection = Connection(() => Collection, 'Collection');
