import { Field, InputType } from 'type-graphql';
import { GraphQLURL } from './scalars.ts';

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
