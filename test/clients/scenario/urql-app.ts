import { gql, type TypedDocumentNode } from '@urql/core';
import type { UpdateResolver } from '@urql/exchange-graphcache';
import { createUrql } from '../urql.ts';
import {
  type App,
  type CreatePostData,
  createPostMutation,
  type EdgeData,
  type PageData,
  type ProgressEventData,
  pageQuery,
  progressSubscription,
  type Setting,
  viewOf,
  type WalletEventData,
  walletSubscription,
} from './app.ts';

const page: TypedDocumentNode<PageData, { after?: string | null }> = gql(pageQuery);
const createPost: TypedDocumentNode<CreatePostData, { input: object }> = gql(createPostMutation);
const wallet: TypedDocumentNode<WalletEventData, object> = gql(walletSubscription);
const progress: TypedDocumentNode<ProgressEventData, object> = gql(progressSubscription);

const prepend: UpdateResolver<unknown> = (result, _args, cache) => {
  const edge: EdgeData = Object(result).createPost.postEdge;
  cache.updateQuery({ query: page }, (present) => {
    if (!present) return present;
    const { viewer } = present;
    const posts = { ...viewer.user.posts, edges: [edge, ...viewer.user.posts.edges] };
    return { ...present, viewer: { ...viewer, user: { ...viewer.user, posts } } };
  });
};

export function urqlApp({ url, session, live }: Setting): App {
  const make = () => createUrql(url, session, live, { Mutation: { createPost: prepend } });
  const client = make();
  async function load(into: typeof client): Promise<string> {
    const cursors: string[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const { data, error } = await into.query(page, { after }, { requestPolicy: 'network-only' });
      if (!data) throw error ?? new Error('There is no page.');
      cursors.push(data.liveCursor);
      const { hasNextPage, endCursor } = data.viewer.user.posts.pageInfo;
      after = hasNextPage ? endCursor : null;
    }
    return cursors[0] ?? '';
  }
  const viewIn = (from: typeof client) => {
    const result = from.readQuery(page, {}, { requestPolicy: 'cache-only' });
    if (!result?.data) throw new Error('The cache is not whole.');
    return viewOf(result.data);
  };
  return {
    load: () => load(client),
    listen(onEvent, onEnd) {
      client.subscription(wallet, {}).subscribe(({ data, error }) => {
        if (data) onEvent(data.walletChanged.entry.balanceAfter);
        if (error) onEnd(error);
      });
      client.subscription(progress, {}).subscribe(({ error }) => error && onEnd(error));
    },
    async createPost(title) {
      const { error } = await client.mutation(createPost, { input: { title, body: 'Written over HTTP.' } });
      if (error) throw error;
    },
    kept: () => viewIn(client),
    async asked() {
      const afresh = make();
      await load(afresh);
      return viewIn(afresh);
    },
  };
}
