import type { GraphQLScalarType } from 'graphql';
import * as graphql from 'type-graphql';

// TypeGraphQL's decorators with stricter types: what a resolver returns must fit its GraphQL type. If neither
// the row nor a resolver provides a field of an object type, the code does not compile.

/**
 * The TypeScript type behind a GraphQL type. Any object may be null: GraphQL itself reports a null that is
 * not allowed. An Error in a list is what DataLoader returns instead of a row.
 */
type Backing<Type> =
  | (Type extends readonly (infer Item)[]
      ? readonly Backing<Item>[]
      : Type extends GraphQLScalarType<infer Value, unknown>
        ? Value
        : Type extends StringConstructor
          ? string
          : Type extends BooleanConstructor
            ? boolean
            : Type extends abstract new (
                  ...args: never[]
                ) => infer Instance
              ? Instance
              : Type extends Readonly<Record<string, string>>
                ? Type[keyof Type]
                : Type)
  | Error
  | null;

type ItemOf<Type> = Type extends readonly (infer Item)[] ? ItemOf<Item> : Type;
type FieldsOf<Type> =
  ItemOf<Type> extends abstract new (...args: never[]) => infer Instance ? keyof Instance : never;
type KeysOf<Row> = Row extends unknown ? keyof Row : never;

/** The fields, including optional ones, that nothing in the returned value can provide. */
type Missing<Type, Returned> = Exclude<FieldsOf<Type>, KeysOf<ItemOf<NonNullable<Awaited<Returned>>>>>;

type Resolve<Type> = (...args: never[]) => Backing<Type> | Promise<Backing<Type>>;

type ResolverDecorator<Type> = <Method extends Resolve<Type>>(
  target: object,
  name: string,
  method: TypedPropertyDescriptor<Method> &
    ([Missing<Type, ReturnType<Method>>] extends [never]
      ? unknown
      : { readonly 'No row and no resolver provides': Missing<Type, ReturnType<Method>> }),
) => void;

type Options = Parameters<typeof graphql.FieldResolver>[1];

export function Query<const Type extends object>(
  type: () => Type,
  options?: Options,
): ResolverDecorator<Type> {
  return graphql.Query(type, options);
}

export function Mutation<const Type extends object>(
  type: () => Type,
  options?: Options,
): ResolverDecorator<Type> {
  return graphql.Mutation(type, options);
}

export function FieldResolver<const Type extends object>(
  type: () => Type,
  options?: Options,
): ResolverDecorator<Type> {
  return graphql.FieldResolver(type, options);
}

export function Subscription<const Type extends object>(
  type: () => Type,
  options: graphql.SubscriptionOptions,
): ResolverDecorator<Type> {
  return graphql.Subscription(type, options);
}
