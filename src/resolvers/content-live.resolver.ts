import { Arg, Ctx, ID, Resolver, Root } from 'type-graphql';
import type { Db } from '../database/database.ts';
import { badUserInput } from '../domain/errors.ts';
import { idOf, toId } from '../domain/ids.ts';
import type { Reader } from '../domain/reader.ts';
import { standsAs } from '../loaders/collection-change.loader.ts';
import { everyone, type LiveRecord } from '../pubsub/topics.ts';
import { Collection } from '../schema/collection.ts';
import { FieldResolver, Subscription } from '../schema/decorators.ts';
import { ChangeAction } from '../schema/enums.ts';
import { CollectionEvent, PostEvent } from '../schema/live-event.ts';
import { Allow } from '../schema/policy.ts';
import { Post } from '../schema/post.ts';
import { hearingOf } from '../services/rules/collection-audience.ts';
import type { Context } from './context.ts';
import { after, eventOf, type LiveArgs, positionOf } from './live.resolver.ts';

type PostChange = LiveRecord<'post_changed'>;
type CollectionRecord = LiveRecord<'collection_changed'>;

interface PostChangedArgs extends LiveArgs {
  readonly actions?: readonly (keyof typeof ChangeAction)[] | null;
  readonly authorId?: string | null;
}

async function postChanges({ args, context }: { args: PostChangedArgs; context: Context }) {
  return context.live.source({
    topic: 'post_changed',
    audience: everyone,
    after: await positionOf(args, context),
    contents: contentsOf(args),
  });
}

/** The contents to listen for; undefined if all changes are wanted. */
function contentsOf({ actions, authorId }: PostChangedArgs): Partial<PostChange['payload']>[] | undefined {
  const uuid = typeof authorId === 'string' ? idOf('user', authorId) : undefined;
  // The id is not a user's, so nothing matches.
  if (uuid === null) return [];
  const author = uuid === undefined ? {} : { authorId: uuid };
  if (actions) return [...new Set(actions)].map((action) => ({ ...author, action }));
  return uuid === undefined ? undefined : [author];
}

interface CollectionChangedArgs extends LiveArgs {
  readonly collectionId: string;
}

async function collectionChanges({ args, context }: { args: CollectionChangedArgs; context: Context }) {
  const { live } = context;
  const uuid = idOf('collection', args.collectionId);
  if (uuid === null) throw noSuchCollection();
  const position = await positionOf(args, context);
  const source = await live.source({
    topic: 'collection_changed',
    audience: uuid,
    after: position,
    audible: (payload, viewer) => hearingOf(payload, viewer) !== 'NOTHING',
    confirm: mayStillHear,
  });
  // Checked after the source has begun: anybody who sees the collection now will be told if it is hidden.
  if (!(await mayListen(context, uuid, position))) throw noSuchCollection();
  return source;
}

/**
 * Whether the viewer sees the collection, or was away when it was hidden from them or deleted, and still has
 * to be told.
 */
async function mayListen({ loaders }: Context, uuid: string, after: number | undefined): Promise<boolean> {
  if ((await loaders.collection.load(uuid)) !== null) return true;
  return after !== undefined && loaders.collectionChanges.heardAfter(uuid, after);
}

/**
 * Which changes the viewer may still receive if they have more rights than the public. When they lose those
 * rights their socket is closed, but the next event may come a moment earlier.
 */
async function mayStillHear(
  changes: readonly CollectionRecord['payload'][],
  listener: Reader,
  db: Db,
): Promise<boolean[]> {
  const forAll = changes.map((change) => hearingOf(change, listener) === hearingOf(change, null));
  if (forAll.every((heard) => heard)) return forAll;
  const stands = await standsAs(db, listener);
  return forAll.map((heard) => heard || stands);
}

function noSuchCollection() {
  return badUserInput('There is no such collection.');
}

@Resolver()
export class ContentLiveResolver {
  @Allow('PUBLIC')
  @Subscription(() => PostEvent, {
    subscribe: postChanges,
    description: 'Posts that are published, changed or deleted. Anyone may subscribe.',
  })
  postChanged(
    @Root() record: PostChange,
    @Ctx() context: Context,
    @Arg('actions', () => [ChangeAction], { nullable: true }) _actions?: string[],
    @Arg('authorId', () => ID, { nullable: true }) _authorId?: string,
    @after() _after?: string,
  ) {
    const { action, postId } = record.payload;
    return { ...eventOf(record, context), action, postId: toId('post', postId) };
  }

  @Allow('PUBLIC')
  @Subscription(() => CollectionEvent, {
    subscribe: collectionChanges,
    description: 'Changes of a collection. If it is private, only its owner and admins may subscribe.',
  })
  collectionChanged(
    @Root() record: CollectionRecord,
    @Arg('collectionId', () => ID) _collectionId: string,
    @Ctx() context: Context,
    @after() _after?: string,
  ): CollectionEventRow {
    const { audience, payload } = record;
    const event = { ...eventOf(record, context), collectionId: toId('collection', audience) };
    if (hearingOf(payload, context.viewer) !== 'ALL')
      return { ...event, action: 'HIDDEN', postId: null, told: null };
    const { action, postId = null } = payload;
    const told = { collection: audience, post: postId };
    return { ...event, action, postId: postId && toId('post', postId), told };
  }
}

interface CollectionEventRow {
  readonly cursor: string;
  readonly occurredAt: Date;
  readonly action: CollectionRecord['payload']['action'] | 'HIDDEN';
  readonly collectionId: string;
  readonly postId: string | null;
  /** The UUIDs of what the event shows; null if it shows nothing. */
  readonly told: { readonly collection: string; readonly post: string | null } | null;
}

@Resolver(() => PostEvent)
export class PostEventResolver {
  @FieldResolver(() => Post, {
    nullable: true,
    description: 'The post as it is now; null if it was deleted.',
  })
  post(@Root() { payload }: Pick<PostChange, 'payload'>, @Ctx() { loaders }: Context) {
    return loaders.post.load(payload.postId);
  }
}

@Resolver(() => CollectionEvent)
export class CollectionEventResolver {
  @FieldResolver(() => Collection, { nullable: true })
  collection(@Root() { told }: CollectionEventRow, @Ctx() { loaders }: Context) {
    return told && loaders.collection.load(told.collection);
  }

  @FieldResolver(() => Post, { nullable: true })
  post(@Root() { told }: CollectionEventRow, @Ctx() { loaders }: Context) {
    return told?.post ? loaders.post.load(told.post) : null;
  }
}
