import { Field, ID, InputType, Int } from 'type-graphql';
import { Currency, OrderDirection, ProductOrderField } from './enums.ts';
import { MoneyInput } from './money.type.ts';
import { GraphQLSafeInt, GraphQLURL } from './scalars.ts';

@InputType({
  description:
    'Left out: RELEVANCE in a search, else CREATED_AT DESC. RELEVANCE has one direction, best first.',
})
export class ProductOrder {
  @Field(() => ProductOrderField)
  field!: keyof typeof ProductOrderField;

  @Field(() => OrderDirection, { defaultValue: 'ASC' })
  direction!: keyof typeof OrderDirection;
}

@InputType({
  description:
    'minPrice, maxPrice and the order PRICE go with a currency. active: false is for admins; left out, the active ones.',
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

@InputType()
export class PurchaseProductInput {
  @Field(() => ID)
  productId!: string;

  @Field(() => Int, { defaultValue: 1 })
  quantity!: number;

  @Field(() => MoneyInput, { description: 'What the buyer was shown for one.' })
  expectedPrice!: MoneyInput;

  @Field(() => String, {
    description: "Made by the client, one a purchase; a repeat gives the first call's result.",
  })
  idempotencyKey!: string;
}
