import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver } from 'type-graphql';
import { badUserInput } from '../domain/errors.ts';
import { check, username as usernameRule } from '../domain/fields.ts';
import { idOf } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import type { UserRow } from '../loaders/account.loader.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { Query } from '../schema/decorators.ts';
import { searchOf } from '../schema/list-arguments.ts';
import { Allow } from '../schema/policy.ts';
import { User, UserConnection } from '../schema/user.ts';
import type { Context } from './context.ts';

@ArgsType()
class UserArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  search?: string | null;
}

@Resolver(() => User)
export class UserResolver {
  @Allow('PUBLIC')
  @Query(() => User, { nullable: true, description: 'One user, by either id or username.' })
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

/** Finds nobody for an invalid username. */
async function byName(loaders: Context['loaders'], text: string): Promise<UserRow | null> {
  const username = check(usernameRule, text);
  return username instanceof Refusal ? null : loaders.userByName.load(username.toLowerCase());
}
