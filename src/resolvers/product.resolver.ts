import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver } from 'type-graphql';
import { ApiError, badUserInput } from '../domain/errors.ts';
import { check, sku as skuRule } from '../domain/fields.ts';
import { idOf, toId } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { type ProductRow, productEdge } from '../loaders/product.loader.ts';
import { purchaseEdge } from '../loaders/purchase.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { Mutation, Query } from '../schema/decorators.ts';
import { searchOf } from '../schema/list-arguments.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  CreateProductInput,
  DeleteProductInput,
  DeleteProductPayload,
  Product,
  ProductConnection,
  ProductFilter,
  ProductOrder,
  ProductPayload,
  UpdateProductInput,
} from '../schema/product.ts';
import { PurchaseProductInput, PurchaseProductPayload } from '../schema/purchase.ts';
import type { ProductKey, ProductService } from '../services/product.service.ts';
import type { PurchaseService } from '../services/purchase.service.ts';
import type { Context, SignedInContext } from './context.ts';
import { isInCatalog } from './visible-product.ts';

@ArgsType()
class ProductArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  search?: string | null;

  @Field(() => ProductFilter, { nullable: true })
  filter?: ProductFilter | null;

  @Field(() => ProductOrder, { nullable: true })
  orderBy?: ProductOrder | null;
}

@Resolver(() => Product)
export class ProductResolver {
  readonly #products: ProductService;
  readonly #purchases: PurchaseService;

  constructor(products: ProductService, purchases: PurchaseService) {
    this.#products = products;
    this.#purchases = purchases;
  }

  @Allow('PUBLIC')
  @Query(() => Product, { nullable: true })
  async product(
    @Arg('id', () => ID, { nullable: true }) id: string | null | undefined,
    @Arg('sku', () => String, { nullable: true }) sku: string | null | undefined,
    @Ctx() context: Context,
  ): Promise<ProductRow | null> {
    const given = [id, sku].filter((value) => typeof value === 'string');
    if (given.length !== 1) throw badUserInput('Give either id or sku.');
    const { loaders } = context;
    const row = await (typeof id === 'string' ? byId(loaders, id) : bySku(loaders, sku ?? ''));
    return row !== null && isInCatalog(context, row) ? row : null;
  }

  @Allow('PUBLIC')
  @Query(() => ProductConnection, { name: 'products' })
  list(@Args() args: ProductArgs, @Ctx() { loaders, viewer }: Context) {
    if (args.filter?.active === false && viewer?.role !== 'ADMIN')
      throw new ApiError('FORBIDDEN', 'Only admins can see products that are not for sale.');
    requireCurrency(args);
    const search = searchOf(args.search);
    const request = { page: pageOf(args), filters: filtersOf(args.filter) };
    if (search === null) return loaders.products.connection({ ...request, order: orderOf(args.orderBy) });
    const order = orderOfSearch(args.orderBy);
    return loaders.productSearch.connection({ ...request, order, values: [search] });
  }

  @Allow('ADMIN')
  @Mutation(() => ProductPayload, { nullable: true, description: 'Creates a product. Admins only.' })
  async createProduct(@Arg('input') input: CreateProductInput, @Ctx() context: Context) {
    return productPayload(await this.#products.create(input), context);
  }

  @Allow('ADMIN')
  @Mutation(() => ProductPayload, { nullable: true, description: 'Changes a product. Admins only.' })
  async updateProduct(
    @Arg('input') { id, expectedVersion, ...changes }: UpdateProductInput,
    @Ctx() context: Context,
  ) {
    return productPayload(
      await this.#products.update(idOf('product', id), expectedVersion, changes),
      context,
    );
  }

  @Allow('ADMIN')
  @Mutation(() => DeleteProductPayload, {
    nullable: true,
    description: 'Deletes a product. Admins only. Purchases keep showing it.',
  })
  async deleteProduct(@Arg('input') { id }: DeleteProductInput) {
    const result = await this.#products.delete(idOf('product', id));
    return loadPayload(result, ({ productId }) => ({ deletedProductId: toId('product', productId) }));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => PurchaseProductPayload, { nullable: true })
  async purchaseProduct(
    @Arg('input') { productId, expectedPrice, ...input }: PurchaseProductInput,
    @Ctx() { viewer, loaders }: SignedInContext,
  ) {
    const fields = { ...input, productId: idOf('product', productId), expectedPrice: { ...expectedPrice } };
    const result = await this.#purchases.purchase(viewer, fields);
    return loadPayload(result, async ({ purchaseId }) => {
      const [purchase, wallet] = await Promise.all([
        loaders.purchase.load(purchaseId),
        loaders.wallet.load(viewer.accountId),
      ]);
      return { purchase, purchaseEdge: purchaseEdge(purchase), wallet };
    });
  }
}

async function byId(loaders: Context['loaders'], id: string): Promise<ProductRow | null> {
  const uuid = idOf('product', id);
  return uuid === null ? null : loaders.product.load(uuid);
}

/** Finds nothing for an invalid SKU. */
async function bySku(loaders: Context['loaders'], text: string): Promise<ProductRow | null> {
  const sku = check(skuRule, text);
  return sku instanceof Refusal ? null : loaders.productBySku.load(sku);
}

/** Amounts in different currencies cannot be compared. */
function requireCurrency({ filter, orderBy }: ProductArgs): void {
  const { currency, minPrice, maxPrice } = filter ?? {};
  const byPrice = typeof minPrice === 'number' || typeof maxPrice === 'number' || orderBy?.field === 'PRICE';
  if (byPrice && !currency) throw badUserInput('minPrice, maxPrice and the order PRICE need a currency.');
}

function filtersOf(filter: ProductFilter | null | undefined) {
  const { currency, minPrice, maxPrice, inStock, active } = filter ?? {};
  return {
    currency,
    minPrice,
    maxPrice,
    inStock: inStock === true,
    soldOut: inStock === false,
    active: active !== false,
    inactive: active === false,
  };
}

function orderOf(order: ProductOrder | null | undefined) {
  if (!order) return 'CREATED_AT_DESC';
  if (order.field === 'RELEVANCE') throw badUserInput('The order RELEVANCE needs a search.');
  return `${order.field}_${order.direction}` as const;
}

function orderOfSearch(order: ProductOrder | null | undefined) {
  return !order || order.field === 'RELEVANCE' ? 'RELEVANCE' : orderOf(order);
}

function productPayload(result: ProductKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ productId }) => {
    const product = await loaders.product.load(productId);
    return { product, productEdge: productEdge(product) };
  });
}
