import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { GraphQLCursor } from './scalars.ts';

@ObjectType({ simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => GraphQLCursor, { nullable: true })
  startCursor!: string | null;

  @Field(() => GraphQLCursor, { nullable: true })
  endCursor!: string | null;
}

const edges = new Map<string, ClassType>();

/** The type `<name>Edge`, the same each time. */
export function Edge(node: () => ClassType, name: string): ClassType {
  const made = edges.get(name) ?? makeEdge(node, name);
  edges.set(name, made);
  return made;
}

function makeEdge(node: () => ClassType, name: string): ClassType {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class NodeEdge {
    @Field(() => GraphQLCursor)
    cursor!: string;

    @Field(node)
    node!: unknown;
  }
  return NodeEdge;
}

/**
 * Makes the types `<name>Connection` and `<name>Edge`. Call it once for each type of node:
 * `export const QuestConnection = Connection(() => Quest, 'Quest')`. What a resolver returns for it comes from
 * `connectionOf`: there the costly fields are functions, which graphql-js calls only where they are asked for.
 */
export function Connection(node: () => ClassType, name: string): ClassType {
  const NodeEdge = Edge(node, name);

  @ObjectType(`${name}Connection`, { simpleResolvers: true })
  class NodeConnection {
    @Field(() => [NodeEdge])
    edges!: unknown[];

    @Field(() => [node()])
    nodes!: unknown[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int)
    totalCount!: number;
  }
  return NodeConnection;
}

/** The arguments of every list; those with more of them extend it. */
@ArgsType()
export class ConnectionArgs {
  @Field(() => Int, { nullable: true })
  first?: number | null;

  @Field(() => GraphQLCursor, { nullable: true })
  after?: string | null;

  @Field(() => Int, { nullable: true })
  last?: number | null;

  @Field(() => GraphQLCursor, { nullable: true })
  before?: string | null;
}
