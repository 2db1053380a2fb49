import { Field, ObjectType } from 'type-graphql';
import { Payload } from './payload.ts';
import { GraphQLURL } from './scalars.ts';

@ObjectType({ simpleResolvers: true })
export class LinkProviderPayload extends Payload {
  @Field(() => GraphQLURL, { nullable: true })
  authorizationUrl?: string | null;
}
