import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { EdgeOf } from '../loaders/connection-of.ts';
import { Connection, Edge } from './connection.ts';
import { Currency, OrderDirection, ProductOrderField } from './enums.ts';
import { Money, MoneyInput } from './money.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLSafeInt, GraphQLURL } from './scalars.ts';

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

  @Field(() => Int, { nullable: true, description: 'The number in stock; null for no limit.' })
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

export const ProductEdge = Edge(() => Product, 'Product');
export const ProductConnection = Connection(() => Product, 'Product', ProductEdge);

@InputType({
  description:
    'The order of products. If left out: RELEVANCE in a search, otherwise CREATED_AT DESC. RELEVANCE has only one direction, best match first.',
})
export class ProductOrder {
  @Field(() => ProductOrderField)
  field!: keyof typeof ProductOrderField;

  @Field(() => OrderDirection, { defaultValue: 'ASC' })
  direction!: keyof typeof OrderDirection;
}

@InputType({
  description:
    'The conditions that a product must meet. minPrice, maxPrice and the order PRICE need a currency. active: false is only for admins; if left out, only active products.',
})
export class ProductFilter {
  @Field(() => Currency, { nullable: true })
  currency?: keyof typeof Currency | null;

  @Field(() => GraphQLSafeInt, { nullable: true })
  minPrice?: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true })
  maxPrice?: number | null;

  @Field(() => Boolean, { nullable: true })
  inStock?: boolean | null;

  @Field(() => Boolean, { nullable: true })
  active?: boolean | null;
}

@InputType()
export class CreateProductInput {
  @Field(() => String)
  sku!: string;

  @Field(() => String)
  name!: string;

  @Field(() => String, { defaultValue: '' })
  description!: string;

  @Field(() => GraphQLURL, { nullable: true })
  imageUrl?: string | null;

  @Field(() => MoneyInput)
  price!: MoneyInput;

  @Field(() => Int, { nullable: true })
  stock?: number | null;

  @Field(() => Boolean, { defaultValue: true })
  active!: boolean;
}

@InputType()
export class UpdateProductInput {
  @Field(() => ID)
  id!: string;

  @Field(() => Int)
  expectedVersion!: number;

  @Field(() => String, { nullable: true })
  sku?: string | null;

  @Field(() => String, { nullable: true })
  name?: string | null;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => GraphQLURL, { nullable: true })
  imageUrl?: string | null;

  @Field(() => MoneyInput, { nullable: true })
  price?: MoneyInput | null;

  @Field(() => Int, { nullable: true })
  stock?: number | null;

  @Field(() => Boolean, { nullable: true })
  active?: boolean | null;
}

@InputType()
export class DeleteProductInput {
  @Field(() => ID)
  id!: string;
}

@ObjectType({ simpleResolvers: true })
export class ProductPayload extends Payload {
  @Field(() => Product, { nullable: true })
  product?: Product | null;

  @Field(() => ProductEdge, {
    nullable: true,
    description: 'The product as an edge of `products` in order of creation, newest first.',
  })
  productEdge?: EdgeOf<Product> | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteProductPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedProductId?: string | null;
}
