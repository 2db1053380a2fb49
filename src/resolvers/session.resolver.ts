import { Arg, Ctx, Resolver, Root } from 'type-graphql';
import type { AccountRow } from '../loaders/account.loader.ts';
import { Account, ChangePasswordInput, ChangePasswordPayload } from '../schema/account.ts';
import { FieldResolver, Mutation } from '../schema/decorators.ts';
import { loadPayload, payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { RevokeSessionInput, RevokeSessionPayload, Session } from '../schema/session.ts';
import type { PasswordService } from '../services/password.service.ts';
import type { SessionService } from '../services/session.service.ts';
import type { Context, SignedInContext } from './context.ts';

/** Where a person is signed in, and how they sign out elsewhere. */
@Resolver(() => Account)
export class SessionResolver {
  readonly #sessionService: SessionService;
  readonly #passwords: PasswordService;

  constructor(sessionService: SessionService, passwords: PasswordService) {
    this.#sessionService = sessionService;
    this.#passwords = passwords;
  }

  @FieldResolver(() => [Session], { description: 'At most 50 sessions, last seen first.' })
  async sessions(@Root() { uuid }: AccountRow, @Ctx() { loaders, viewer }: Context) {
    const rows = await loaders.sessionsOfAccount.load(uuid);
    return rows.map((row) => ({ ...row, isCurrent: row.id === viewer?.sessionId }));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => RevokeSessionPayload, { nullable: true })
  async revokeSession(
    @Arg('input') { sessionId }: RevokeSessionInput,
    @Ctx() { viewer, device }: SignedInContext,
  ) {
    return payloadOf(await this.#sessionService.revoke(viewer, sessionId, device));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => ChangePasswordPayload, {
    nullable: true,
    description: 'Changes the password and ends every other session.',
  })
  async changePassword(@Arg('input') input: ChangePasswordInput, @Ctx() context: SignedInContext) {
    const result = await this.#passwords.change(context.viewer, input, context.device);
    return loadPayload(result, async ({ accountId }) => ({
      account: await context.loaders.account.load(accountId),
    }));
  }
}
