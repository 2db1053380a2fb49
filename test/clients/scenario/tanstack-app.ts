import { createQueries, createRequests } from '../tanstack.ts';
import {
  type App,
  type CreatePostData,
  createPostMutation,
  type PageData,
  type ProgressEventData,
  pageQuery,
  progressSubscription,
  type Setting,
  viewOf,
  type WalletEventData,
  walletSubscription,
} from './app.ts';

export function tanstackApp({ url, session, live }: Setting): App {
  const requests = createRequests(url, session);
  const home = {
    queryKey: ['home'],
    queryFn: ({ pageParam: after }: { pageParam: string | null }) =>
      requests.request<PageData>(pageQuery, { after }),
    initialPageParam: null,
    getNextPageParam: ({ viewer }: PageData) => {
      const { hasNextPage, endCursor } = viewer.user.posts.pageInfo;
      return hasNextPage ? endCursor : null;
    },
  };
  const make = createQueries;
  const client = make();
  const load = (into: typeof client) => into.fetchInfiniteQuery({ ...home, pages: 100 });
  const viewIn = (from: typeof client) => {
    const pages = from.getQueryData<{ pages: PageData[] }>(home.queryKey)?.pages ?? [];
    const [first] = pages;
    if (!first) throw new Error('Nothing is kept.');
    return { ...viewOf(first), posts: pages.flatMap((page) => viewOf(page).posts) };
  };
  /** Changes what the first page says of the person. */
  const update = (change: (viewer: PageData['viewer']) => PageData['viewer']) =>
    client.setQueryData<{ pages: PageData[] }>(home.queryKey, (kept) => {
      const [first, ...more] = kept?.pages ?? [];
      return kept && first && { ...kept, pages: [{ ...first, viewer: change(first.viewer) }, ...more] };
    });
  function listen<Data>(query: string, next: (data: Data) => void, onEnd: (reason: unknown) => void) {
    const operationName = /subscription (\w+)/.exec(query)?.[1];
    live.subscribe<Data>(
      { operationName, query },
      {
        next: ({ data, errors }) => (data ? next(data) : onEnd(errors)),
        error: onEnd,
        complete: () => onEnd('complete'),
      },
    );
  }
  return {
    async load() {
      return (await load(client)).pages[0]?.liveCursor ?? '';
    },
    listen(onEvent, onEnd) {
      listen<WalletEventData>(
        walletSubscription,
        ({ walletChanged: { entry, wallet } }) => {
          update((viewer) => ({ ...viewer, wallet: { ...viewer.wallet, ...wallet } }));
          onEvent(entry.balanceAfter);
        },
        onEnd,
      );
      listen<ProgressEventData>(
        progressSubscription,
        ({ questProgressed: { progress } }) =>
          update(({ questProgress: { nodes }, ...viewer }) => ({
            ...viewer,
            questProgress: { nodes: nodes.map((node) => ({ ...node, ...progress })) },
          })),
        onEnd,
      );
    },
    async createPost(title) {
      const input = { title, body: 'Written over HTTP.' };
      const { createPost } = await requests.request<CreatePostData>(createPostMutation, { input });
      update(({ user, ...viewer }) => {
        const edges = [createPost.postEdge, ...user.posts.edges];
        return { ...viewer, user: { ...user, posts: { ...user.posts, edges } } };
      });
    },
    kept: () => viewIn(client),
    async asked() {
      const afresh = make();
      await load(afresh);
      return viewIn(afresh);
    },
  };
}
