import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Money } from './money.type.ts';
import { Node } from './node.type.ts';
import { GraphQLDateTime, GraphQLURL } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Product extends Node {
  @Field(() => String)
  sku!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String)
  description!: string;

  @Field(() => GraphQLURL, { nullable: true })
  imageUrl!: string | null;

  @Field(() => Money)
  price!: Money;

  @Field(() => Int, { nullable: true, description: 'Null for no limit.' })
  stock!: number | null;

  @Field(() => Boolean)
  active!: boolean;

  @Field(() => Int)
  version!: number;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const ProductConnection = Connection(() => Product, 'Product');
