import { Args, ArgsType, Ctx, Field, Resolver, Root } from 'type-graphql';
import { pageOf } from '../domain/page.ts';
import type { UserRow } from '../loaders/account.loader.ts';
import { CollectionConnection } from '../schema/collection.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver } from '../schema/decorators.ts';
import { PostConnection, PostOrder } from '../schema/post.ts';
import { User } from '../schema/user.ts';
import type { Context } from './context.ts';
import { postOrderOf } from './post.resolver.ts';

@ArgsType()
class UserPostArgs extends ConnectionArgs {
  @Field(() => PostOrder, { nullable: true })
  orderBy?: PostOrder | null;
}

/**
 * What a person has written and collected; each list is batched over all the people that it is requested for.
 */
@Resolver(() => User)
export class UserContentResolver {
  @FieldResolver(() => PostConnection)
  posts(@Root() { uuid }: UserRow, @Args() args: UserPostArgs, @Ctx() { loaders }: Context) {
    return loaders.postsOfUser.connection(uuid, { page: pageOf(args), order: postOrderOf(args.orderBy) });
  }

  @FieldResolver(() => CollectionConnection, {
    description: 'Their public collections. If they are the viewer, also their private ones.',
  })
  collections(@Root() { uuid }: UserRow, @Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.collectionsOfUser.connection(uuid, { page: pageOf(args), order: 'newest' });
  }
}
