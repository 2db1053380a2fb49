import { Field, InputType, ObjectType } from 'type-graphql';
import { Account } from './account.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLURL } from './scalars.ts';

@ObjectType({
  description: 'An account at an OAuth provider that signs this one in.',
  simpleResolvers: true,
})
export class Identity {
  @Field(() => String)
  provider!: string;

  @Field(() => GraphQLDateTime)
  linkedAt!: Date;
}

@InputType({ description: 'The one-time code that the return from an OAuth provider carries.' })
export class SignInWithCodeInput {
  @Field(() => String)
  code!: string;
}

@InputType()
export class LinkProviderInput {
  @Field(() => String)
  provider!: string;

  @Field(() => GraphQLURL, { nullable: true })
  returnTo?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Of the account, if it has a password: another one, or none, is CREDENTIALS_INVALID. If it has none, the session has to be younger than 10 minutes since its sign-in, or it is CREDENTIALS_INVALID without a field: sign in again.',
  })
  currentPassword?: string | null;
}

@InputType()
export class UnlinkProviderInput {
  @Field(() => String)
  provider!: string;
}

@ObjectType({ simpleResolvers: true })
export class LinkProviderPayload extends Payload {
  @Field(() => GraphQLURL, { nullable: true })
  authorizationUrl?: string | null;
}

@ObjectType({ simpleResolvers: true })
export class UnlinkProviderPayload extends Payload {
  @Field(() => Account, { nullable: true })
  account?: object | null;
}
