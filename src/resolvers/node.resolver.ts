import { Arg, Ctx, ID, Resolver } from 'type-graphql';
import { badUserInput } from '../domain/errors.ts';
import { type NodeRow, type Prefix, parseId } from '../domain/ids.ts';
import { Query } from '../schema/decorators.ts';
import { Node } from '../schema/node.ts';
import { Allow } from '../schema/policy.ts';
import { type Context, maySee } from './context.ts';
import { isInCatalog } from './visible-product.ts';

type Find = (context: Context, uuid: string) => Promise<NodeRow | null>;

/** Found by everybody, unless `isThere` says otherwise. */
function open<Row extends NodeRow>(
  loaderOf: (context: Context) => { load(uuid: string): Promise<Row | null> },
  isThere: (context: Context, row: Row) => boolean = () => true,
): Find {
  return async (context, uuid) => {
    const row = await loaderOf(context).load(uuid);
    return row !== null && isThere(context, row) ? row : null;
  };
}

/** Found by the person it belongs to, and by admins. */
function owned<Row extends NodeRow>(
  loaderOf: (context: Context) => { load(uuid: string): Promise<Row | null> },
  ownerOf: (row: Row) => string,
): Find {
  return async (context, uuid) => {
    const row = context.viewer === null ? null : await loaderOf(context).load(uuid);
    return row !== null && maySee(context, ownerOf(row)) ? row : null;
  };
}

function forAdmins(loaderOf: (context: Context) => { load(uuid: string): Promise<NodeRow | null> }): Find {
  return async (context, uuid) => (context.viewer?.role === 'ADMIN' ? loaderOf(context).load(uuid) : null);
}

const finders: { readonly [Name in Prefix]?: Find } = {
  user: open(
    ({ loaders }) => loaders.user,
    (_, row) => !row.deleted,
  ),
  account: owned(
    ({ loaders }) => loaders.account,
    (row) => row.uuid,
  ),
  wallet: owned(
    ({ loaders }) => loaders.wallet,
    (row) => row.uuid,
  ),
  entry: owned(
    ({ loaders }) => loaders.ledgerEntry,
    (row) => row.walletId,
  ),
  reward: open(({ loaders }) => loaders.reward),
  quest: open(({ loaders }) => loaders.quest),
  progress: owned(
    ({ loaders }) => loaders.progress,
    (row) => row.accountId,
  ),
  completion: owned(
    ({ loaders }) => loaders.completion,
    (row) => row.accountId,
  ),
  product: open(({ loaders }) => loaders.product, isInCatalog),
  post: open(({ loaders }) => loaders.post),
  // Its loader returns only what the viewer may see.
  collection: open(({ loaders }) => loaders.collection),
  purchase: owned(
    ({ loaders }) => loaders.purchase,
    (row) => row.accountId,
  ),
  notification: owned(
    ({ loaders }) => loaders.notification,
    (row) => row.accountId,
  ),
  event: forAdmins(({ loaders }) => loaders.recordedEvent),
  deadletter: forAdmins(({ loaders }) => loaders.deadLetter),
  audit: forAdmins(({ loaders }) => loaders.auditEvent),
};

/** The record with this id; null if there is none that the viewer may see. */
export async function findNode(context: Context, prefix: Prefix, uuid: string): Promise<NodeRow | null> {
  return (await finders[prefix]?.(context, uuid)) ?? null;
}

const mostIds = 100;

@Resolver()
export class NodeResolver {
  @Allow('PUBLIC')
  @Query(() => Node, { nullable: true })
  node(@Arg('id', () => ID) id: string, @Ctx() context: Context): Promise<NodeRow | null> {
    const { prefix, uuid } = parseId(id);
    return findNode(context, prefix, uuid);
  }

  @Allow('PUBLIC')
  @Query(() => [Node], {
    nullable: 'items',
    description: 'Objects by their global ids, in the order of the ids; null if there is none. At most 100.',
  })
  nodes(@Arg('ids', () => [ID]) ids: string[], @Ctx() context: Context): Promise<(NodeRow | null)[]> {
    if (ids.length > mostIds) throw badUserInput(`At most ${mostIds} ids can be requested at once.`);
    const parsed = ids.map(parseId);
    return Promise.all(parsed.map(({ prefix, uuid }) => findNode(context, prefix, uuid)));
  }
}
