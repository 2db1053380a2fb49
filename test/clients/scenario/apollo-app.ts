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
  readEveryPage,
  type Setting,
  viewOf,
  type WalletEventData,
  walletSubscription,
  withPost,
} from './app.ts';

const page: TypedDocumentNode<PageData, { after?: string | null }> = gql(pageQuery);
const createPost: TypedDocumentNode<CreatePostData, { input: object }> = gql(createPostMutation);
const wallet: TypedDocumentNode<WalletEventData> = gql(walletSubscription);
const progress: TypedDocumentNode<ProgressEventData> = gql(progressSubscription);

export function apolloApp({ url, session, live }: Setting): App {
  const make = () => createApollo(url, session, live);
  const client = make();
  const load = async (into: typeof client): Promise<string> => {
    const [first] = await readEveryPage(async (after) => {
      const { data } = await into.query({ query: page, variables: { after }, fetchPolicy: 'network-only' });
      if (!data) throw new Error('There is no page.');
      return data;
    });
    return first.liveCursor;
  };
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
            return present && edge ? { ...present, viewer: withPost(present.viewer, edge) } : present;
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
