import {
  ConnectionHandler,
  commitMutation,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getFragment,
  getRequest,
  getSingularSelector,
  requestSubscription,
  type SingularReaderSelector,
} from 'relay-runtime';
import { createRelay } from '../relay.ts';
import createPost, { type CreatePost } from './__generated__/CreatePost.graphql.ts';
import homeQuery, { type HomeQuery } from './__generated__/HomeQuery.graphql.ts';
import morePostsQuery, { type MorePostsQuery } from './__generated__/MorePostsQuery.graphql.ts';
import postsOfUser, { type Posts_user$data } from './__generated__/Posts_user.graphql.ts';
import progress, { type QuestProgressed } from './__generated__/QuestProgressed.graphql.ts';
import wallet, { type WalletChanged } from './__generated__/WalletChanged.graphql.ts';
import type { App, Setting, View } from './app.ts';

const home = createOperationDescriptor(getRequest(homeQuery), {});

export function relayApp({ url, session, live }: Setting): App {
  const make = () => createRelay(url, session, live);
  const environment = make();
  return {
    load: () => load(environment),
    listen(onEvent, onEnd) {
      const rest = { variables: {}, onError: onEnd, onCompleted: () => onEnd('complete') };
      requestSubscription<WalletChanged>(environment, {
        subscription: wallet,
        onNext: (data) => data && onEvent(data.walletChanged.entry.balanceAfter),
        ...rest,
      });
      requestSubscription<QuestProgressed>(environment, { subscription: progress, ...rest });
    },
    createPost: (title) =>
      new Promise((resolve, reject) => {
        const input = { title, body: 'Written over HTTP.' };
        const connections = [
          ConnectionHandler.getConnectionID(shownBy(environment).user.id, 'Posts_user_posts'),
        ];
        commitMutation<CreatePost>(environment, {
          mutation: createPost,
          variables: { input, connections },
          onCompleted: () => resolve(),
          onError: reject,
        });
      }),
    kept: () => viewIn(environment),
    async asked() {
      const afresh = make();
      await load(afresh);
      return viewIn(afresh);
    },
  };
}

async function load(environment: Environment): Promise<string> {
  environment.retain(home);
  const data = await fetchQuery<HomeQuery>(environment, homeQuery, {}).toPromise();
  for (;;) {
    const { user, posts } = shownBy(environment);
    const { hasNextPage, endCursor: after } = posts.pageInfo;
    if (!hasNextPage) return data?.liveCursor ?? '';
    await fetchQuery<MorePostsQuery>(environment, morePostsQuery, { id: user.id, after }).toPromise();
  }
}

/** The store's data for the query and its fragment, without a request. */
function shownBy(environment: Environment) {
  const { viewer } = read<HomeQuery['response']>(environment, home.fragment);
  if (!viewer) throw new Error('Nobody is signed in.');
  const selector = getSingularSelector(getFragment(postsOfUser), viewer.user);
  if (!selector) throw new Error('The query does not have the fragment.');
  return { ...viewer, posts: read<Posts_user$data>(environment, selector).posts };
}

function read<Data>(environment: Environment, selector: SingularReaderSelector): Data {
  const { data, isMissingData } = environment.lookup(selector);
  if (isMissingData) throw new Error('The store is not whole.');
  return Object(data);
}

function viewIn(environment: Environment): View {
  const { wallet, questProgress, posts } = shownBy(environment);
  return {
    gold: wallet.gold,
    progress: questProgress.nodes[0]?.count ?? 0,
    posts: posts.edges.map(({ node }) => node.title),
  };
}
