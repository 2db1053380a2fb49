import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver, Root } from 'type-graphql';
import { badUserInput } from '../domain/errors.ts';
import { idOf, nilUuid, type Prefix, toId } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { type PostRow, postEdge } from '../loaders/post.loader.ts';
import { CollectionConnection } from '../schema/collection.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Mutation, Query } from '../schema/decorators.ts';
import { searchOf } from '../schema/list-arguments.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import {
  CreatePostInput,
  DeletePostInput,
  DeletePostPayload,
  Post,
  PostConnection,
  PostFilter,
  PostOrder,
  PostPayload,
  UpdatePostInput,
} from '../schema/post.ts';
import { User } from '../schema/user.ts';
import type { PostKey, PostService } from '../services/post.service.ts';
import type { Context, SignedInContext } from './context.ts';

@ArgsType()
class PostArgs extends ConnectionArgs {
  @Field(() => String, { nullable: true })
  search?: string | null;

  @Field(() => PostFilter, { nullable: true })
  filter?: PostFilter | null;

  @Field(() => PostOrder, { nullable: true })
  orderBy?: PostOrder | null;
}

@Resolver(() => Post)
export class PostResolver {
  readonly #posts: PostService;

  constructor(posts: PostService) {
    this.#posts = posts;
  }

  @Allow('PUBLIC')
  @Query(() => Post, { nullable: true })
  async post(@Arg('id', () => ID) id: string, @Ctx() { loaders }: Context): Promise<PostRow | null> {
    const uuid = idOf('post', id);
    return uuid === null ? null : loaders.post.load(uuid);
  }

  @Allow('PUBLIC')
  @Query(() => PostConnection, { name: 'posts' })
  list(@Args() args: PostArgs, @Ctx() { loaders }: Context) {
    const search = searchOf(args.search);
    const request = {
      page: pageOf(args),
      authorId: filterOf('user', args.filter?.authorId),
      collectionId: filterOf('collection', args.filter?.collectionId),
    };
    if (search === null)
      return loaders.posts.connection({ ...request, search, order: postOrderOf(args.orderBy) });
    const isRanked = !args.orderBy || args.orderBy.field === 'RELEVANCE';
    const order = isRanked ? 'RELEVANCE' : postOrderOf(args.orderBy);
    return loaders.posts.connection({ ...request, search, order });
  }

  @Allow('SIGNED_IN')
  @Mutation(() => PostPayload, { nullable: true })
  async createPost(@Arg('input') input: CreatePostInput, @Ctx() context: SignedInContext) {
    const collectionIds = input.collectionIds.map((id) => idOf('collection', id));
    return postPayload(await this.#posts.create(context.viewer, { ...input, collectionIds }), context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => PostPayload, { nullable: true, description: 'Changes a post. For its author and admins.' })
  async updatePost(
    @Arg('input') { id, expectedVersion, ...changes }: UpdatePostInput,
    @Ctx() context: SignedInContext,
  ) {
    const result = await this.#posts.update(context.viewer, idOf('post', id), expectedVersion, changes);
    return postPayload(result, context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => DeletePostPayload, {
    nullable: true,
    description: 'Deletes a post. For its author and admins.',
  })
  async deletePost(@Arg('input') { id }: DeletePostInput, @Ctx() { viewer }: SignedInContext) {
    const result = await this.#posts.delete(viewer, idOf('post', id));
    return loadPayload(result, ({ postId }) => ({ deletedPostId: toId('post', postId) }));
  }

  @FieldResolver(() => User)
  author(@Root() { authorId }: PostRow, @Ctx() { loaders }: Context) {
    return loaders.user.load(authorId);
  }

  @FieldResolver(() => CollectionConnection, {
    description: 'The collections it is in that the viewer may see.',
  })
  collections(@Root() { uuid }: PostRow, @Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.collectionsOfPost.connection(uuid, { page: pageOf(args), order: 'newest' });
  }
}

/** @throws GraphQLError BAD_USER_INPUT for RELEVANCE, which only a search has */
export function postOrderOf(order: PostOrder | null | undefined) {
  if (!order) return 'CREATED_AT_DESC';
  if (order.field === 'RELEVANCE') throw badUserInput('The order RELEVANCE needs a search.');
  return `${order.field}_${order.direction}` as const;
}

/** The UUID to filter by; null if there is no filter. For an id of another type, one that matches nothing. */
function filterOf(prefix: Prefix, id: string | null | undefined): string | null {
  return typeof id === 'string' ? (idOf(prefix, id) ?? nilUuid) : null;
}

function postPayload(result: PostKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ postId }) => {
    const post = await loaders.post.load(postId);
    return { post, postEdge: postEdge(post) };
  });
}
