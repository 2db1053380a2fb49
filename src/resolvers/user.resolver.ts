import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { UserRow } from '../loaders/account.loader.ts';
import { badUserInput } from '../schema/errors.ts';
import { idOf } from '../schema/ids.ts';
import { Allow } from '../schema/policy.ts';
import { User } from '../schema/user.type.ts';
import type { Context } from './context.ts';

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
    const row =
      typeof id === 'string'
        ? await byId(loaders, id)
        : await loaders.userByName.load((username ?? '').toLowerCase());
    return row === null || row.deleted ? null : row;
  }
}

async function byId(loaders: Context['loaders'], id: string): Promise<UserRow | null> {
  const uuid = idOf('user', id);
  return uuid === null ? null : loaders.user.load(uuid);
}
