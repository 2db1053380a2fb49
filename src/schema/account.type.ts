import { Field, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { AccountStatus, Role } from './enums.ts';
import { Node } from './node.type.ts';
import { GraphQLEmailAddress, GraphQLTimeZone } from './scalars.ts';

@ObjectType({
  implements: Node,
  description: 'What only its owner and admins may see of a person.',
  simpleResolvers: true,
})
export class Account extends Node {
  @Field(() => GraphQLEmailAddress)
  email!: string;

  @Field(() => Role)
  role!: keyof typeof Role;

  @Field(() => AccountStatus)
  status!: keyof typeof AccountStatus;

  @Field(() => GraphQLTimeZone)
  timeZone!: string;
}

export const AccountConnection = Connection(() => Account, 'Account');
