import {
  type App,
  type CreatePostData,
  createPostMutation,
  listenTo,
  type PageData,
  type ProgressEventData,
  pageQuery,
  progressSubscription,
  readEveryPage,
  type Setting,
  type View,
  viewOfPages,
  type WalletEventData,
  walletSubscription,
} from './app.ts';

/** Keeps by hand what other clients keep in a cache. */
export function graphqlWsApp({ url, session, live }: Setting): App {
  let seen: View = { gold: 0, progress: 0, posts: [] };
  async function ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    for await (const { data, errors } of live.iterate<Data>({ query, variables })) {
      if (!data || errors) throw new Error(JSON.stringify(errors));
      return data;
    }
    throw new Error('There was no answer.');
  }
  const pages = () => readEveryPage((after) => ask<PageData>(pageQuery, { after }));
  return {
    async load() {
      const all = await pages();
      seen = viewOfPages(all);
      return all[0].liveCursor;
    },
    listen(onEvent, onEnd) {
      listenTo<WalletEventData>(
        live,
        walletSubscription,
        ({ walletChanged: { entry, wallet } }) => {
          seen = { ...seen, gold: wallet.gold };
          onEvent(entry.balanceAfter);
        },
        onEnd,
      );
      listenTo<ProgressEventData>(
        live,
        progressSubscription,
        ({ questProgressed: { progress } }) => {
          seen = { ...seen, progress: progress.count };
        },
        onEnd,
      );
    },
    async createPost(title) {
      const variables = { input: { title, body: 'Written over HTTP: a socket would send it twice.' } };
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await session.token()}` },
        body: JSON.stringify({ query: createPostMutation, variables }),
      });
      const { data }: { data: CreatePostData } = JSON.parse(await response.text());
      const { createPost } = data;
      seen = { ...seen, posts: [createPost.postEdge.node.title, ...seen.posts] };
    },
    kept: () => seen,
    asked: async () => viewOfPages(await pages()),
  };
}
