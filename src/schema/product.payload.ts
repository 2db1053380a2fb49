import { Field, ID, ObjectType } from 'type-graphql';
import { Edge } from './connection.ts';
import { Payload } from './payload.ts';
import { Product } from './product.type.ts';
import { Purchase } from './purchase.type.ts';
import { Wallet } from './wallet.type.ts';

@ObjectType({ simpleResolvers: true })
export class ProductPayload extends Payload {
  @Field(() => Product, { nullable: true })
  product?: object | null;

  @Field(() => Edge(() => Product, 'Product'), {
    nullable: true,
    description: 'The product as an edge of `products` in the order of its creation, newest first.',
  })
  productEdge?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteProductPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedProductId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class PurchaseProductPayload extends Payload {
  @Field(() => Purchase, { nullable: true })
  purchase?: object | null;

  @Field(() => Edge(() => Purchase, 'Purchase'), {
    nullable: true,
    description: "The purchase as an edge of the account's `purchases`.",
  })
  purchaseEdge?: object | null;

  @Field(() => Wallet, { nullable: true })
  wallet?: object | null;
}
