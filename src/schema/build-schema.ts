import {
  defaultFieldResolver,
  type GraphQLSchema,
  isInterfaceType,
  isUnionType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { type BuildSchemaOptions, buildSchemaSync, type NonEmptyArray, type PubSub } from 'type-graphql';
import { describeSchema } from './describe.ts';
import { typeNameOf } from './node.ts';
import { enforcePolicies } from './policy.ts';
import { GraphQLDateTime } from './scalars.ts';

/** A resolver class; what it needs comes through its constructor. */
export type ResolverClass = BuildSchemaOptions['resolvers'][number];

/**
 * Builds the executable schema: the rule of each root field stands before its resolver, and rows of plain data find
 * their type by their id.
 * @param instanceOf gives the one instance of a resolver class
 * @throws Error where a root field has no rule, or the classes make no valid schema
 */
export function buildSchema(
  classes: NonEmptyArray<ResolverClass>,
  instanceOf: (resolverClass: ResolverClass) => object,
): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: classes,
    container: { get: instanceOf },
    validate: false,
    scalarsMap: [{ type: Date, scalar: GraphQLDateTime }],
    pubSub: noPubSub,
  });
  resolveTypesById(schema);
  readAnewInMutations(schema);
  describeSchema(schema);
  enforcePolicies(schema);
  return schema;
}

/** The schema as it is committed: sorted, so that a change shows as what it is. */
export function printSorted(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/** TypeGraphQL would test `instanceof`, asynchronously; rows are plain, and each carries its type in its id. */
function resolveTypesById(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type) || isUnionType(type)) {
      type.resolveType = (row: { id: string }) => typeNameOf(row.id);
    }
  }
}

interface ReadingContext {
  /** Forgets what was read so far. */
  readAnew(): void;
}

/** The fields of a mutation run one after the other; none may see rows that were read before another changed them. */
function readAnewInMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context: ReadingContext, info) => {
      context.readAnew();
      return resolve(source, args, context, info);
    };
  }
}

/** TypeGraphQL asks for one where there are subscriptions; ours bring their own streams. */
const noPubSub: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('Subscriptions bring their own streams.');
  },
};
