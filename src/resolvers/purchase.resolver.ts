import { Ctx, Resolver, Root } from 'type-graphql';
import type { PurchaseRow } from '../loaders/purchase.loader.ts';
import { FieldResolver } from '../schema/decorators.ts';
import { Product } from '../schema/product.ts';
import { Purchase } from '../schema/purchase.ts';
import { User } from '../schema/user.ts';
import type { Context } from './context.ts';

@Resolver(() => Purchase)
export class PurchaseResolver {
  @FieldResolver(() => User)
  buyer(@Root() { accountId }: PurchaseRow, @Ctx() { loaders }: Context) {
    return loaders.user.load(accountId);
  }

  @FieldResolver(() => Product)
  product(@Root() { productId }: PurchaseRow, @Ctx() { loaders }: Context) {
    return loaders.product.load(productId);
  }
}
