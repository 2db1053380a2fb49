import { Arg, Ctx, Resolver, Root } from 'type-graphql';
import type { AccountRow } from '../loaders/account.loader.ts';
import type { IdentityRow } from '../loaders/identity.loader.ts';
import { Account } from '../schema/account.ts';
import { FieldResolver, Mutation } from '../schema/decorators.ts';
import {
  Identity,
  LinkProviderInput,
  LinkProviderPayload,
  SignInWithCodeInput,
  UnlinkProviderInput,
  UnlinkProviderPayload,
} from '../schema/identity.ts';
import { loadPayload, payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { AuthPayload } from '../schema/session.ts';
import type { LinkService } from '../services/link.service.ts';
import type { ProviderService } from '../services/provider.service.ts';
import { authPayload } from './account.resolver.ts';
import type { Context, SignedInContext } from './context.ts';

@Resolver(() => Account)
export class IdentityResolver {
  readonly #providers: ProviderService;
  readonly #links: LinkService;

  constructor(providers: ProviderService, links: LinkService) {
    this.#providers = providers;
    this.#links = links;
  }

  @Allow('PUBLIC')
  @Mutation(() => AuthPayload, { nullable: true })
  async signInWithCode(@Arg('input') { code }: SignInWithCodeInput, @Ctx() context: Context) {
    return authPayload(await this.#providers.signInWithCode(code, context.device), context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => LinkProviderPayload, {
    nullable: true,
    description:
      "Starts linking a provider to the viewer's account, and returns the address to send the browser to.",
  })
  async linkProvider(@Arg('input') input: LinkProviderInput, @Ctx() { viewer, device }: SignedInContext) {
    return payloadOf(await this.#links.linkProvider(viewer, input, device));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => UnlinkProviderPayload, {
    nullable: true,
    description:
      'Removes a provider from the account of the viewer. Sessions that began through it end, except the current one. NOT_FOUND if it is not linked, NOT_AVAILABLE if it is the last way to sign in.',
  })
  async unlinkProvider(@Arg('input') { provider }: UnlinkProviderInput, @Ctx() context: SignedInContext) {
    const result = await this.#links.unlinkProvider(context.viewer, provider, context.device);
    return loadPayload(result, async ({ accountId }) => ({
      account: await context.loaders.account.load(accountId),
    }));
  }

  @FieldResolver(() => [Identity])
  identities(@Root() { uuid }: AccountRow, @Ctx() { loaders }: Context): Promise<readonly IdentityRow[]> {
    return loaders.identitiesOfAccount.load(uuid);
  }
}
