import { Field, ObjectType } from 'type-graphql';
import { Account } from './account.type.ts';
import { Payload } from './payload.ts';
import { GraphQLURL } from './scalars.ts';

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
