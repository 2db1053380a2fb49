import { Field, ObjectType } from 'type-graphql';
import { GraphQLDateTime } from './scalars.ts';

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
