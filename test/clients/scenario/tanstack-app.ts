import { createQueries, createRequests } from '../tanstack.ts';
import {
  type App,
  type CreatePostData,
  createPostMutation,
  listenTo,
  type PageData,
  type ProgressEventData,
  pageQuery,
  progressSubscription,
  type Setting,
  viewOfPages,
  type WalletEventData,
  walletSubscription,
  withPost,
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
    const [first, ...more] = pages;
    if (!first) throw new Error('Nothing is kept.');
    return viewOfPages([first, ...more]);
  };
  /** Changes the person's data on the first page. */
  const update = (change: (viewer: PageData['viewer']) => PageData['viewer']) =>
    client.setQueryData<{ pages: PageData[] }>(home.queryKey, (kept) => {
      const [first, ...more] = kept?.pages ?? [];
      return kept && first && { ...kept, pages: [{ ...first, viewer: change(first.viewer) }, ...more] };
    });
  return {
    async load() {
      return (await load(client)).pages[0]?.liveCursor ?? '';
    },
    listen(onEvent, onEnd) {
      listenTo<WalletEventData>(
        live,
        walletSubscription,
        ({ walletChanged: { entry, wallet } }) => {
          update((viewer) => ({ ...viewer, wallet: { ...viewer.wallet, ...wallet } }));
          onEvent(entry.balanceAfter);
        },
        onEnd,
      );
      listenTo<ProgressEventData>(
        live,
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
      update((viewer) => withPost(viewer, createPost.postEdge));
    },
    kept: () => viewIn(client),
    async asked() {
      const afresh = make();
      await load(afresh);
      return viewIn(afresh);
    },
  };
}
