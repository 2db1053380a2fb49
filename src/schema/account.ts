import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Connection } from './connection.ts';
import { AccountStatus, Role } from './enums.ts';
import { Node } from './node.ts';
import { Payload } from './payload.ts';
import { GraphQLEmailAddress, GraphQLTimeZone, GraphQLURL } from './scalars.ts';

@ObjectType({
  implements: Node,
  description: 'The private side of a person, which only they and admins may see.',
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

@InputType()
export class ChangePasswordInput {
  @Field(() => String)
  currentPassword!: string;

  @Field(() => String)
  newPassword!: string;
}

@InputType()
export class UpdateProfileInput {
  @Field(() => String, { nullable: true })
  displayName?: string | null;

  @Field(() => String, { nullable: true })
  username?: string | null;

  @Field(() => GraphQLURL, { nullable: true })
  avatarUrl?: string | null;

  @Field(() => GraphQLTimeZone, { nullable: true })
  timeZone?: string | null;
}

@InputType()
export class DeleteAccountInput {
  @Field(() => String, {
    nullable: true,
  })
  password?: string | null;
}

@InputType()
export class SetRoleInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => Role)
  role!: keyof typeof Role;
}

@InputType()
export class SuspendAccountInput {
  @Field(() => ID)
  userId!: string;

  @Field(() => Boolean)
  suspended!: boolean;
}

@ObjectType({ simpleResolvers: true })
export class ChangePasswordPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: Account | null;
}

@ObjectType({ simpleResolvers: true })
export class UpdateProfilePayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: Account | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteAccountPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedUserId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class SetRolePayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: Account | null;
}

@ObjectType({ simpleResolvers: true })
export class SuspendAccountPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: Account | null;
}
