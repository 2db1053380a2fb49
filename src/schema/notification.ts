import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { NotificationKind } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime } from './scalars.ts';

@ObjectType({ implements: Node, simpleResolvers: true })
export class Notification extends Node {
  @Field(() => NotificationKind)
  kind!: keyof typeof NotificationKind;

  @Field(() => String)
  title!: string;

  @Field(() => String)
  body!: string;

  @Field(() => GraphQLDateTime, { nullable: true })
  readAt!: Date | null;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;
}

export const NotificationConnection = Connection(() => Notification, 'Notification');

@InputType()
export class MarkNotificationsReadInput {
  @Field(() => [ID], { nullable: true, description: 'The notifications to mark; all if left out.' })
  ids?: string[] | null;
}

@ObjectType({ simpleResolvers: true })
export class MarkNotificationsReadPayload extends Payload {
  @Field(() => Int)
  unreadNotificationCount!: number;
}
