import { Field, ID, ObjectType } from 'type-graphql';
import { Account } from './account.type.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLUUID } from './scalars.ts';

@ObjectType({ simpleResolvers: true })
export class AuthPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;

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

@ObjectType({ simpleResolvers: true })
export class ChangePasswordPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class UpdateProfilePayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteAccountPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedUserId?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class SetRolePayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class SuspendAccountPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;
}

@ObjectType({ simpleResolvers: true })
export class DeleteUserPayload extends Payload {
  @Field(() => ID, { nullable: true })
  deletedUserId?: string | null;
}
