import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { AccountRow } from '../loaders/account.loader.ts';
import type { IdentityRow } from '../loaders/identity.loader.ts';
import { AuthPayload } from '../schema/account.payload.ts';
import { Account } from '../schema/account.type.ts';
import { LinkProviderInput, SignInWithCodeInput } from '../schema/identity.input.ts';
import { LinkProviderPayload } from '../schema/identity.payload.ts';
import { Identity } from '../schema/identity.type.ts';
import { payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import type { ProviderService } from '../services/provider.service.ts';
import { authPayload } from './account.resolver.ts';
import type { Context, SignedInContext } from './context.ts';

@Resolver(() => Account)
export class IdentityResolver {
  constructor(private readonly providers: ProviderService) {}

  @Allow('PUBLIC')
  @Mutation(() => AuthPayload, { nullable: true })
  async signInWithCode(@Arg('input') { code }: SignInWithCodeInput, @Ctx() context: Context) {
    return authPayload(await this.providers.signInWithCode(code, context.device), context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => LinkProviderPayload, {
    nullable: true,
    description: "Where to send the browser to link a provider to the viewer's account.",
  })
  async linkProvider(@Arg('input') input: LinkProviderInput, @Ctx() { viewer }: SignedInContext) {
    return payloadOf(await this.providers.linkProvider(viewer, input));
  }

  @FieldResolver(() => [Identity])
  identities(@Root() { uuid }: AccountRow, @Ctx() { loaders }: Context): Promise<readonly IdentityRow[]> {
    return loaders.identitiesOfAccount.load(uuid);
  }
}
