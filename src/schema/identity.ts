import { Field, InputType, ObjectType } from 'type-graphql';
import { Account } from './account.ts';
import { Payload } from './payload.ts';
import { GraphQLDateTime, GraphQLURL } from './scalars.ts';

@ObjectType({
  description: 'An account at an OAuth provider that can sign in to this one.',
  simpleResolvers: true,
})
export class Identity {
  @Field(() => String)
  provider!: string;

  @Field(() => GraphQLDateTime)
  linkedAt!: Date;
}

@InputType({ description: 'The one-time code that the redirect from an OAuth provider brings back.' })
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
      'Needed if the account has a password; if it is wrong or missing, the answer is CREDENTIALS_INVALID. If the account has none, its session must have begun less than 10 minutes ago. Otherwise the answer is CREDENTIALS_INVALID without a field: sign in again.',
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
  account?: Account | null;
}
