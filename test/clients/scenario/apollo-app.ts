import { gql, type TypedDocumentNode } from '@apollo/client';
import { createApollo } from '../apollo.ts';
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

const page: TypedDocumentNode<PageData, { after?: string | null }> = gql(pageQuery);
const createPost: TypedDocumentNode<CreatePostData, { input: object }> = gql(createPostMutation);
const wallet: TypedDocumentNode<WalletEventData> = gql(walletSubscription);
const progress: TypedDocumentNode<ProgressEventData> = gql(progressSubscription);

export function apolloApp({ url, session, live }: Setting): App {
  const make = () => createApollo(url, session, live);
  const client = make();
  /** Reads page after page into the client's cache. @returns where live events stood before the first */
  async function load(into: typeof client): Promise<string> {
    const cursors: string[] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const { data } = await into.query({ query: page, variables: { after }, fetchPolicy: 'network-only' });
      if (!data) throw new Error('There is no page.');
      cursors.push(data.liveCursor);
      const { hasNextPage, endCursor } = data.viewer.user.posts.pageInfo;
      after = hasNextPage ? endCursor : null;
    }
    return cursors[0] ?? '';
  }
  const viewIn = ({ cache }: typeof client) => {
    const data = cache.readQuery({ query: page });
    if (data === null) throw new Error('The cache is not whole.');
    return viewOf(data);
  };
  return {
    load: () => load(client),
    listen(onEvent, onEnd) {
      const rest = { error: onEnd, complete: () => onEnd('complete') };
      client.subscribe({ query: wallet }).subscribe({
        next: ({ data, error }) => (data ? onEvent(data.walletChanged.entry.balanceAfter) : onEnd(error)),
        ...rest,
      });
      client
        .subscribe({ query: progress })
        .subscribe({ next: ({ error }) => error && onEnd(error), ...rest });
    },
    async createPost(title) {
      await client.mutate({
        mutation: createPost,
        variables: { input: { title, body: 'Written over HTTP.' } },
        update(cache, { data }) {
          const edge = data?.createPost.postEdge;
          cache.updateQuery({ query: page }, (present) => {
            if (!present || !edge) return present;
            const { viewer } = present;
            const posts = { ...viewer.user.posts, edges: [edge, ...viewer.user.posts.edges] };
            return { ...present, viewer: { ...viewer, user: { ...viewer.user, posts } } };
          });
        },
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
