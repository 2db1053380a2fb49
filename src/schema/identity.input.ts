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
}
