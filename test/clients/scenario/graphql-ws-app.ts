import {
  type App,
  type CreatePostData,
  createPostMutation,
  type PageData,
  type ProgressEventData,
  pageQuery,
  progressSubscription,
  type Setting,
  type View,
  viewOf,
  type WalletEventData,
  walletSubscription,
} from './app.ts';

/** Keeps by hand what others have a cache for. */
export function graphqlWsApp({ url, session, live }: Setting): App {
  let seen: View = { gold: 0, progress: 0, posts: [] };
  async function ask<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    for await (const { data, errors } of live.iterate<Data>({ query, variables })) {
      if (!data || errors) throw new Error(JSON.stringify(errors));
      return data;
    }
    throw new Error('There was no answer.');
  }
  function listen<Data>(
    operationName: string,
    query: string,
    next: (data: Data) => void,
    onEnd: (reason: unknown) => void,
  ) {
    live.subscribe<Data>(
      { operationName, query },
      {
        next: ({ data, errors }) => (data ? next(data) : onEnd(errors)),
        error: onEnd,
        complete: () => onEnd('complete'),
      },
    );
  }
  async function asked(): Promise<View & { liveCursor: string }> {
    const pages: PageData[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await ask<PageData>(pageQuery, { after });
      pages.push(page);
      const { hasNextPage, endCursor } = page.viewer.user.posts.pageInfo;
      after = hasNextPage ? endCursor : null;
    }
    const [first] = pages;
    if (!first) throw new Error('There is a first page.');
    return {
      ...viewOf(first),
      posts: pages.flatMap((page) => viewOf(page).posts),
      liveCursor: first.liveCursor,
    };
  }
  return {
    async load() {
      const { liveCursor, ...view } = await asked();
      seen = view;
      return liveCursor;
    },
    listen(onEvent, onEnd) {
      listen<WalletEventData>(
        'WalletChanged',
        walletSubscription,
        ({ walletChanged: { entry, wallet } }) => {
          seen = { ...seen, gold: wallet.gold };
          onEvent(entry.balanceAfter);
        },
        onEnd,
      );
      listen<ProgressEventData>(
        'QuestProgressed',
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
    async asked() {
      const { liveCursor: _, ...view } = await asked();
      return view;
    },
  };
}
