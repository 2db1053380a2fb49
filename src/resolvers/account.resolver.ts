import { Arg, Ctx, Resolver, Root } from 'type-graphql';
import { Refusal } from '../domain/refusal.ts';
import type { AccountRow, UserRow } from '../loaders/account.loader.ts';
import type { WalletRow } from '../loaders/wallet.loader.ts';
import { Account, UpdateProfileInput, UpdateProfilePayload } from '../schema/account.ts';
import { FieldResolver, Mutation, Query } from '../schema/decorators.ts';
import { loadPayload, payloadOf } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  AuthPayload,
  RefreshSessionInput,
  SignInInput,
  SignOutPayload,
  SignUpInput,
} from '../schema/session.ts';
import { User } from '../schema/user.ts';
import { Wallet } from '../schema/wallet.ts';
import type { AccountService } from '../services/account.service.ts';
import type { Activity } from '../services/activity.ts';
import type { SessionService, SignedIn } from '../services/session.service.ts';
import type { Context, SignedInContext } from './context.ts';

@Resolver(() => Account)
export class AccountResolver {
  readonly #accounts: AccountService;
  readonly #sessions: SessionService;
  readonly #activity: Activity;

  constructor(accounts: AccountService, sessions: SessionService, activity: Activity) {
    this.#accounts = accounts;
    this.#sessions = sessions;
    this.#activity = activity;
  }

  @Allow('PUBLIC')
  @Query(() => Account, {
    nullable: true,
    description: 'The signed-in account; null if nobody is signed in.',
  })
  viewer(@Ctx() { viewer, loaders }: Context): Promise<AccountRow | null> | null {
    return viewer && loaders.account.load(viewer.accountId);
  }

  @Allow('PUBLIC')
  @Mutation(() => AuthPayload, { nullable: true })
  async signUp(@Arg('input') input: SignUpInput, @Ctx() context: Context) {
    return authPayload(await this.#accounts.signUp(input, context.device), context);
  }

  @Allow('PUBLIC')
  @Mutation(() => AuthPayload, { nullable: true })
  async signIn(@Arg('input') input: SignInInput, @Ctx() context: Context) {
    return authPayload(await this.#accounts.signIn(input, context.device), context);
  }

  @Allow('PUBLIC')
  @Mutation(() => AuthPayload, { nullable: true })
  async refreshSession(@Arg('input') { refreshToken }: RefreshSessionInput, @Ctx() context: Context) {
    const result = await this.#sessions.refresh(refreshToken, context.device);
    if (!(result instanceof Refusal)) this.#activity.note(result.accountId);
    return authPayload(result, context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => SignOutPayload, { nullable: true, description: 'Ends the current session.' })
  async signOut(@Ctx() { viewer, device }: SignedInContext) {
    await this.#sessions.signOut(viewer, device);
    return payloadOf({});
  }

  @Allow('SIGNED_IN')
  @Mutation(() => UpdateProfilePayload, { nullable: true })
  async updateProfile(@Arg('input') input: UpdateProfileInput, @Ctx() { viewer, loaders }: SignedInContext) {
    const result = await this.#accounts.updateProfile(viewer, input);
    return loadPayload(result, async ({ accountId }) => {
      if (input.timeZone !== undefined) this.#activity.noteMove(accountId);
      return { account: await loaders.account.load(accountId) };
    });
  }

  @FieldResolver(() => User)
  user(@Root() { uuid }: AccountRow, @Ctx() { loaders }: Context): Promise<UserRow | null> {
    return loaders.user.load(uuid);
  }

  @FieldResolver(() => Wallet)
  wallet(@Root() { uuid }: AccountRow, @Ctx() { loaders }: Context): Promise<WalletRow | null> {
    return loaders.wallet.load(uuid);
  }
}

/** The payload of a sign-in; also announces the new access token to the transport. */
export function authPayload(result: SignedIn | Refusal, { loaders, announceToken }: Context) {
  return loadPayload(result, async ({ accountId, ...tokens }) => {
    announceToken(tokens.accessToken);
    return { ...tokens, account: await loaders.account.load(accountId) };
  });
}
