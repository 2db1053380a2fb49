import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { Node } from './node.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class QuestProgress extends Node {
  @Field(() => Int)
  goal!: number;

  @Field(() => Int)
  completions!: number;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const QuestProgressConnection = Connection(() => QuestProgress, 'QuestProgress');
