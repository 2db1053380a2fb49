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
  readEveryPage,
  type Setting,
  viewOf,
  type WalletEventData,
  walletSubscription,
  withPost,
} from './app.ts';

const page: TypedDocumentNode<PageData, { after?: string | null }> = gql(pageQuery);
const createPost: TypedDocumentNode<CreatePostData, { input: object }> = gql(createPostMutation);
const wallet: TypedDocumentNode<WalletEventData, object> = gql(walletSubscription);
const progress: TypedDocumentNode<ProgressEventData, object> = gql(progressSubscription);

const prepend: UpdateResolver<unknown> = (result, _args, cache) => {
  const edge: EdgeData = Object(result).createPost.postEdge;
  cache.updateQuery({ query: page }, (present) => {
    return present && { ...present, viewer: withPost(present.viewer, edge) };
  });
};

export function urqlApp({ url, session, live }: Setting): App {
  const make = () => createUrql(url, session, live, { Mutation: { createPost: prepend } });
  const client = make();
  const load = async (into: typeof client): Promise<string> => {
    const [first] = await readEveryPage(async (after) => {
      const { data, error } = await into.query(page, { after }, { requestPolicy: 'network-only' });
      if (!data) throw error ?? new Error('There is no page.');
      return data;
    });
    return first.liveCursor;
  };
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
