import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver } from 'type-graphql';
import { idOf, toId } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import type { AccountRow } from '../loaders/account.loader.ts';
import {
  Account,
  AccountConnection,
  DeleteAccountInput,
  DeleteAccountPayload,
  SetRoleInput,
  SetRolePayload,
  SuspendAccountInput,
  SuspendAccountPayload,
} from '../schema/account.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { Mutation, Query } from '../schema/decorators.ts';
import { Role } from '../schema/enums.ts';
import { searchOf } from '../schema/list-arguments.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { DeleteUserInput, DeleteUserPayload } from '../schema/user.ts';
import type { DeletedAccount, DeletionService } from '../services/deletion.service.ts';
import type { AccountKey, PeopleService } from '../services/people.service.ts';
import type { Context, SignedInContext } from './context.ts';

@ArgsType()
class AccountArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  search?: string | null;

  @Field(() => Role, { nullable: true })
  role?: keyof typeof Role | null;
}

/** How admins manage people, and how people delete their accounts. */
@Resolver(() => Account)
export class PeopleResolver {
  readonly #people: PeopleService;
  readonly #deletions: DeletionService;

  constructor(people: PeopleService, deletions: DeletionService) {
    this.#people = people;
    this.#deletions = deletions;
  }

  @Allow('ADMIN')
  @Query(() => Account, { nullable: true, description: 'The account of any user. Admins only.' })
  async account(
    @Arg('userId', () => ID) userId: string,
    @Ctx() { loaders }: Context,
  ): Promise<AccountRow | null> {
    const uuid = idOf('user', userId);
    return uuid === null ? null : loaders.account.load(uuid);
  }

  @Allow('ADMIN')
  @Query(() => AccountConnection, { name: 'accounts', description: 'All accounts. Admins only.' })
  list(@Args() args: AccountArgs, @Ctx() { loaders }: Context) {
    const request = { page: pageOf(args), order: 'newest', filters: { role: args.role } } as const;
    const search = searchOf(args.search);
    if (search === null) return loaders.accounts.connection(request);
    return loaders.accountSearch.connection({ ...request, values: [search] });
  }

  @Allow('ADMIN')
  @Mutation(() => SetRolePayload, {
    nullable: true,
    description: 'Changes the role of an account. Admins only.',
  })
  async setRole(@Arg('input') { userId, role }: SetRoleInput, @Ctx() context: SignedInContext) {
    return accountPayload(await this.#people.setRole(context, idOf('user', userId), role), context);
  }

  @Allow('ADMIN')
  @Mutation(() => SuspendAccountPayload, {
    nullable: true,
    description: 'Suspends an account, or lifts the suspension. Admins only.',
  })
  async suspendAccount(
    @Arg('input') { userId, suspended }: SuspendAccountInput,
    @Ctx() context: SignedInContext,
  ) {
    const accountId = idOf('user', userId);
    return accountPayload(
      suspended
        ? await this.#people.suspend(context, accountId)
        : await this.#people.readmit(context, accountId),
      context,
    );
  }

  @Allow('ADMIN')
  @Mutation(() => DeleteUserPayload, {
    nullable: true,
    description: 'Deletes the account of any user. Admins only.',
  })
  async deleteUser(@Arg('input') { userId }: DeleteUserInput, @Ctx() actor: SignedInContext) {
    return deletionPayload(await this.#deletions.deleteUser(actor, idOf('user', userId)));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => DeleteAccountPayload, {
    nullable: true,
    description:
      'Deletes an account. Content and private data are removed; the ledger stays, without the name.',
  })
  async deleteAccount(@Arg('input') { password }: DeleteAccountInput, @Ctx() actor: SignedInContext) {
    return deletionPayload(await this.#deletions.deleteAccount(actor, password ?? null));
  }
}

function accountPayload(result: AccountKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ accountId }) => ({ account: await loaders.account.load(accountId) }));
}

function deletionPayload(result: DeletedAccount | Refusal) {
  return loadPayload(result, ({ accountId }) => ({ deletedUserId: toId('user', accountId) }));
}
