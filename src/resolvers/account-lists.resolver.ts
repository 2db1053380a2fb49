import { Args, ArgsType, Ctx, Field, Int, Resolver, Root } from 'type-graphql';
import { pageOf } from '../domain/page.ts';
import type { AccountRow } from '../loaders/account.loader.ts';
import { Account } from '../schema/account.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver } from '../schema/decorators.ts';
import { CompletionStatus, QuestState } from '../schema/enums.ts';
import { NotificationConnection } from '../schema/notification.ts';
import { PurchaseConnection } from '../schema/purchase.ts';
import { QuestCompletionConnection } from '../schema/quest-completion.ts';
import { QuestProgressConnection } from '../schema/quest-progress.ts';
import { statesAsOf } from '../services/rules/quest-progress.ts';
import type { Context } from './context.ts';

@ArgsType()
class ProgressArgs extends ConnectionArgs {
  @Field(() => [QuestState], { nullable: true })
  states?: (keyof typeof QuestState)[] | null;
}

@ArgsType()
class CompletionArgs extends ConnectionArgs {
  @Field(() => CompletionStatus, { nullable: true })
  status?: keyof typeof CompletionStatus | null;
}

@ArgsType()
class NotificationArgs extends ConnectionArgs {
  @Field(() => Boolean, { nullable: true, defaultValue: false })
  unreadOnly?: boolean | null;
}

/** The lists of an account; each is batched over all the accounts that it is requested for. */
@Resolver(() => Account)
export class AccountListsResolver {
  @FieldResolver(() => QuestProgressConnection)
  questProgress(
    @Root() { uuid, timeZone }: AccountRow,
    @Args() args: ProgressArgs,
    @Ctx() { loaders, now }: Context,
  ) {
    const filters = { statesAsOf: args.states && statesAsOf(args.states, now, timeZone) };
    return loaders.progressOfAccount.connection(uuid, { page: pageOf(args), order: 'newest', filters });
  }

  @FieldResolver(() => QuestCompletionConnection)
  completions(@Root() { uuid }: AccountRow, @Args() args: CompletionArgs, @Ctx() { loaders }: Context) {
    const filters = { claimable: args.status === 'CLAIMABLE', claimed: args.status === 'CLAIMED' };
    return loaders.completionsOfAccount.connection(uuid, { page: pageOf(args), order: 'newest', filters });
  }

  @FieldResolver(() => PurchaseConnection)
  purchases(@Root() { uuid }: AccountRow, @Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.purchasesOfAccount.connection(uuid, { page: pageOf(args), order: 'newest' });
  }

  @FieldResolver(() => NotificationConnection)
  notifications(@Root() { uuid }: AccountRow, @Args() args: NotificationArgs, @Ctx() { loaders }: Context) {
    const filters = { unreadOnly: args.unreadOnly === true };
    return loaders.notificationsOfAccount.connection(uuid, { page: pageOf(args), order: 'newest', filters });
  }

  @FieldResolver(() => Int)
  async unreadNotificationCount(@Root() { uuid }: AccountRow, @Ctx() { loaders }: Context): Promise<number> {
    const [row] = await loaders.unreadCountOfAccount.load(uuid);
    return row?.count ?? 0;
  }
}
