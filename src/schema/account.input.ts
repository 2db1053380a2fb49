import { Field, ID, InputType } from 'type-graphql';
import { Role } from './enums.ts';
import { GraphQLEmailAddress, GraphQLTimeZone, GraphQLURL, GraphQLUUID } from './scalars.ts';

@InputType()
export class SignUpInput {
  @Field(() => GraphQLEmailAddress)
  email!: string;

  @Field(() => String)
  username!: string;

  @Field(() => String)
  password!: string;

  @Field(() => String, { nullable: true })
  displayName?: string | null;

  @Field(() => GraphQLTimeZone, { defaultValue: 'UTC' })
  timeZone!: string;
}

@InputType({ description: 'login is an email address or a username.' })
export class SignInInput {
  @Field(() => String)
  login!: string;

  @Field(() => String)
  password!: string;
}

@InputType()
export class RefreshSessionInput {
  @Field(() => String)
  refreshToken!: string;
}

@InputType()
export class RevokeSessionInput {
  @Field(() => GraphQLUUID)
  sessionId!: string;
}

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

@InputType()
export class DeleteUserInput {
  @Field(() => ID)
  userId!: string;
}
