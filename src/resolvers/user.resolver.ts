import { Arg, Args, ArgsType, Ctx, Field, ID, Query, Resolver } from 'type-graphql';
import type { UserRow } from '../loaders/account.loader.ts';
import { ConnectionArgs, pageOf } from '../schema/connection.ts';
import { badUserInput } from '../schema/errors.ts';
import { idOf } from '../schema/ids.ts';
import { searchOf } from '../schema/list-arguments.ts';
import { Allow } from '../schema/policy.ts';
import { User, UserConnection } from '../schema/user.ts';
import { Refusal } from '../services/refusal.ts';
import { check, username as usernameRule } from '../services/rules/fields.ts';
import type { Context } from './context.ts';

@ArgsType()
class UserArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  search?: string | null;
}

@Resolver(() => User)
export class UserResolver {
  @Allow('PUBLIC')
  @Query(() => User, { nullable: true, description: 'By exactly one of the two.' })
  async user(
    @Arg('id', () => ID, { nullable: true }) id: string | null | undefined,
    @Arg('username', () => String, { nullable: true }) username: string | null | undefined,
    @Ctx() { loaders }: Context,
  ): Promise<UserRow | null> {
    if ((id ?? null) === null ? (username ?? null) === null : (username ?? null) !== null) {
      throw badUserInput('Give either id or username.');
    }
    const row = typeof id === 'string' ? await byId(loaders, id) : await byName(loaders, username ?? '');
    return row === null || row.deleted ? null : row;
  }

  @Allow('PUBLIC')
  @Query(() => UserConnection, { name: 'users' })
  list(@Args() args: UserArgs, @Ctx() { loaders }: Context) {
    const request = { page: pageOf(args), order: 'newest' } as const;
    const search = searchOf(args.search);
    if (search === null) return loaders.users.connection(request);
    return loaders.userSearch.connection({ ...request, values: [search] });
  }
}

async function byId(loaders: Context['loaders'], id: string): Promise<UserRow | null> {
  const uuid = idOf('user', id);
  return uuid === null ? null : loaders.user.load(uuid);
}

/** What is no username finds nobody. */
async function byName(loaders: Context['loaders'], text: string): Promise<UserRow | null> {
  const username = check(usernameRule, text);
  return username instanceof Refusal ? null : loaders.userByName.load(username.toLowerCase());
}
