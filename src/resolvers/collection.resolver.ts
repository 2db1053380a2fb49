import { Arg, Args, ArgsType, Ctx, Field, ID, Resolver, Root } from 'type-graphql';
import { idOf, nilUuid, toId } from '../domain/ids.ts';
import { pageOf } from '../domain/page.ts';
import { Refusal } from '../domain/refusal.ts';
import { type CollectionRow, collectionEdge } from '../loaders/collection.loader.ts';
import {
  Collection,
  CollectionConnection,
  CollectionPayload,
  CollectionPostInput,
  CreateCollectionInput,
  DeleteCollectionInput,
  DeleteCollectionPayload,
  UpdateCollectionInput,
} from '../schema/collection.ts';
import { ConnectionArgs } from '../schema/connection.ts';
import { FieldResolver, Mutation, Query } from '../schema/decorators.ts';
import { loadPayload } from '../schema/payload.ts';
import { Allow } from '../schema/policy.ts';
import { PostConnection } from '../schema/post.ts';
import { User } from '../schema/user.ts';
import type { CollectionKey, CollectionService } from '../services/collection.service.ts';
import type { Context, SignedInContext } from './context.ts';

@ArgsType()
class CollectionArgs extends ConnectionArgs {
  @Field(() => ID, { nullable: true })
  ownerId?: string | null;
}

@Resolver(() => Collection)
export class CollectionResolver {
  readonly #collections: CollectionService;

  constructor(collections: CollectionService) {
    this.#collections = collections;
  }

  @Allow('PUBLIC')
  @Query(() => Collection, { nullable: true })
  async collection(
    @Arg('id', () => ID) id: string,
    @Ctx() { loaders }: Context,
  ): Promise<CollectionRow | null> {
    const uuid = idOf('collection', id);
    return uuid === null ? null : loaders.collection.load(uuid);
  }

  @Allow('PUBLIC')
  @Query(() => CollectionConnection, {
    name: 'collections',
    description: 'The collections that the viewer may see.',
  })
  list(@Args() args: CollectionArgs, @Ctx() { loaders }: Context) {
    const ownerId = typeof args.ownerId === 'string' ? (idOf('user', args.ownerId) ?? nilUuid) : null;
    return loaders.collections.connection({ page: pageOf(args), ownerId });
  }

  @Allow('SIGNED_IN')
  @Mutation(() => CollectionPayload, { nullable: true })
  async createCollection(@Arg('input') input: CreateCollectionInput, @Ctx() context: SignedInContext) {
    return collectionPayload(await this.#collections.create(context.viewer, input), context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => CollectionPayload, {
    nullable: true,
    description: 'Changes the name or visibility of a collection. For its owner and admins.',
  })
  async updateCollection(
    @Arg('input') { id, expectedVersion, ...changes }: UpdateCollectionInput,
    @Ctx() context: SignedInContext,
  ) {
    const uuid = idOf('collection', id);
    const result = await this.#collections.update(context.viewer, uuid, expectedVersion, changes);
    return collectionPayload(result, context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => DeleteCollectionPayload, { nullable: true })
  async deleteCollection(@Arg('input') { id }: DeleteCollectionInput, @Ctx() { viewer }: SignedInContext) {
    const result = await this.#collections.delete(viewer, idOf('collection', id));
    return loadPayload(result, ({ collectionId }) => ({
      deletedCollectionId: toId('collection', collectionId),
    }));
  }

  @Allow('SIGNED_IN')
  @Mutation(() => CollectionPayload, {
    nullable: true,
    description:
      'Adds a post to a collection. For the owner of the collection and admins. If it is already there, nothing changes.',
  })
  async addPostToCollection(@Arg('input') input: CollectionPostInput, @Ctx() context: SignedInContext) {
    return collectionPayload(await this.#collections.addPost(context.viewer, keysOf(input)), context);
  }

  @Allow('SIGNED_IN')
  @Mutation(() => CollectionPayload, { nullable: true })
  async removePostFromCollection(@Arg('input') input: CollectionPostInput, @Ctx() context: SignedInContext) {
    return collectionPayload(await this.#collections.removePost(context.viewer, keysOf(input)), context);
  }

  @FieldResolver(() => User)
  owner(@Root() { ownerId }: CollectionRow, @Ctx() { loaders }: Context) {
    return loaders.user.load(ownerId);
  }

  @FieldResolver(() => PostConnection, { description: 'The posts in it, last added first.' })
  posts(@Root() { uuid }: CollectionRow, @Args() args: ConnectionArgs, @Ctx() { loaders }: Context) {
    return loaders.postsOfCollection.connection(uuid, { page: pageOf(args), order: 'lastAdded' });
  }
}

function keysOf({ collectionId, postId }: CollectionPostInput) {
  return { collectionId: idOf('collection', collectionId), postId: idOf('post', postId) };
}

function collectionPayload(result: CollectionKey | Refusal, { loaders }: Context) {
  return loadPayload(result, async ({ collectionId }) => {
    const collection = await loaders.collection.load(collectionId);
    return { collection, collectionEdge: collectionEdge(collection) };
  });
}
