import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { ConnectionOf, EdgeOf } from '../loaders/connection-of.ts';
import { GraphQLCursor } from './scalars.ts';

@ObjectType({ simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => GraphQLCursor, { nullable: true })
  startCursor!: () => string | null;

  @Field(() => GraphQLCursor, { nullable: true })
  endCursor!: () => string | null;
}

/**
 * Makes the type `<name>Edge`. Call it once for each type of node: `export const QuestEdge = Edge(() =>
 * Quest, 'Quest')`.
 */
export function Edge<Node extends object>(
  node: () => ClassType<Node>,
  name: string,
): ClassType<EdgeOf<Node>> {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class NodeEdge implements EdgeOf<Node> {
    @Field(() => GraphQLCursor)
    cursor!: string;

    @Field(node)
    node!: Node;
  }
  return NodeEdge;
}

/**
 * Makes the type `<name>Connection`, and `<name>Edge` if it is not given. Call it once for each type of node:
 * `export const QuestConnection = Connection(() => Quest, 'Quest')`. Resolvers return what `connectionOf`
 * gives.
 */
export function Connection<Node extends object>(
  node: () => ClassType<Node>,
  name: string,
  NodeEdge = Edge(node, name),
): ClassType<ConnectionOf<Node>> {
  @ObjectType(`${name}Connection`, { simpleResolvers: true })
  class NodeConnection implements ConnectionOf<Node> {
    @Field(() => [NodeEdge])
    edges!: () => EdgeOf<Node>[];

    @Field(() => [node()])
    nodes!: readonly Node[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int)
    totalCount!: () => Promise<number>;
  }
  return NodeConnection;
}

/** The arguments of every list; a list with more arguments extends the class. */
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
