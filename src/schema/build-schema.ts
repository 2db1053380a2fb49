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

/** A resolver class; its constructor takes what it needs. */
export type ResolverClass = BuildSchemaOptions['resolvers'][number];

/**
 * Builds the executable schema: the rule of each root field runs before its resolver, and the type of a row
 * of plain data is found by its id.
 * @param instanceOf returns the only instance of a resolver class
 * @throws Error if a root field has no rule, or the classes make no valid schema
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

/** The schema as it is committed: sorted, so that a diff shows only what has changed. */
export function printSorted(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}

/**
 * TypeGraphQL would use `instanceof`, asynchronously. Rows are plain objects, and their id tells their type.
 */
function resolveTypesById(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isInterfaceType(type) || isUnionType(type)) {
      type.resolveType = (row: { id: string }) => typeNameOf(row.id);
    }
  }
}

interface ReadingContext {
  /** Discards what was read so far. */
  readAnew(): void;
}

/**
 * The fields of a mutation run one after the other; none may see rows that were read before an earlier field
 * changed them.
 */
function readAnewInMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const { resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context: ReadingContext, info) => {
      context.readAnew();
      return resolve(source, args, context, info);
    };
  }
}

/** TypeGraphQL requires a PubSub if there are subscriptions; ours have their own streams. */
const noPubSub: PubSub = {
  publish: () => undefined,
  subscribe: () => {
    throw new Error('Subscriptions bring their own streams.');
  },
};
