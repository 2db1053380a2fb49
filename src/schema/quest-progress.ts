import { Field, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { QuestState } from './enums.ts';
import { Node } from './node.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class QuestProgress extends Node {
  @Field(() => QuestState)
  state!: keyof typeof QuestState;

  @Field(() => Int, {
    description:
      'The progress of the current run, as of now: 0 after a completion, in a new period, or when the streak is broken.',
  })
  count!: number;

  @Field(() => Int)
  goal!: number;

  @Field(() => Int)
  completions!: number;

  @Field(() => String, {
    nullable: true,
    description: 'The last local period that counted, such as 2026-11-21, 2026-W47 or 2026-11.',
  })
  period!: string | null;

  @Field(() => GraphQLDateTime)
  updatedAt!: Date;
}

export const QuestProgressConnection = Connection(() => QuestProgress, 'QuestProgress');
