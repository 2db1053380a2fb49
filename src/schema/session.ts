import { Field, InputType, ObjectType } from 'type-graphql';
import { Account } from './account.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLEmailAddress, GraphQLTimeZone, GraphQLUUID } from './scalars.ts';

@ObjectType({ description: 'A signed-in device.', simpleResolvers: true })
export class Session {
  @Field(() => GraphQLUUID, {
    description: 'The UUID of the session, which the access token carries as sid.',
  })
  id!: string;

  @Field(() => GraphQLDateTime)
  createdAt!: Date;

  @Field(() => GraphQLDateTime)
  lastSeenAt!: Date;

  @Field(() => String, { nullable: true })
  userAgent!: string | null;

  @Field(() => String, { nullable: true })
  ipAddress!: string | null;

  @Field(() => Boolean)
  isCurrent!: boolean;
}

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

@InputType({ description: 'A login and its password. The login is an email address or a username.' })
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

@ObjectType({ simpleResolvers: true })
export class AuthPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: Account | null;

  @Field(() => String, { nullable: true })
  accessToken?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  accessTokenExpiresAt?: Date | null;

  @Field(() => String, { nullable: true })
  refreshToken?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true })
  refreshTokenExpiresAt?: Date | null;
}

@ObjectType({ simpleResolvers: true })
export class SignOutPayload extends Payload {}

@ObjectType({ simpleResolvers: true })
export class RevokeSessionPayload extends Payload {
  @Field(() => GraphQLUUID, { nullable: true })
  sessionId?: string | null;
}
