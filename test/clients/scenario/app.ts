import type { Client } from 'graphql-ws';
import type { Session } from '../../../examples/session.ts';

/** What a person sees of the data that their app keeps. */
export interface View {
  readonly gold: number;
  /** The progress in the only quest that they have begun. */
  readonly progress: number;
  /** The titles of all their posts, newest first. */
  readonly posts: readonly string[];
}

/** An app built on one of the clients, as far as the scenario needs it. */
export interface App {
  /** Reads every page of the view. @returns the live cursor from before */
  load(): Promise<string>;
  /** @param onEvent called with the balance after each ledger entry */
  listen(onEvent: (balance: number) => void, onEnd: (reason: unknown) => void): void;
  createPost(title: string): Promise<void>;
  /** The data that the app keeps, without asking the server. */
  kept(): View | Promise<View>;
  /** The same, requested again from the server. */
  asked(): Promise<View>;
}

export interface Setting {
  /** The URL of `/graphql` over HTTP. */
  readonly url: string;
  readonly session: Session;
  readonly live: Client;
}

export type MakeApp = (setting: Setting) => App | Promise<App>;

export const pageQuery = `query Page($after: Cursor) {
  liveCursor
  viewer {
    id
    wallet { id gold diamond }
    questProgress(first: 1) { nodes { id count } }
    user { id posts(first: 2, after: $after) { edges { cursor node { id title } } pageInfo { endCursor hasNextPage } } }
  }
}`;
export const createPostMutation = `mutation CreatePost($input: CreatePostInput!) {
  createPost(input: $input) { postEdge { cursor node { id title } } userErrors { message } }
}`;
export const walletSubscription = `subscription WalletChanged {
  walletChanged { cursor entry { id balanceAfter } wallet { id gold diamond } }
}`;
export const progressSubscription =
  'subscription QuestProgressed { questProgressed { cursor progress { id count } } }';

export interface PageData {
  readonly liveCursor: string;
  readonly viewer: {
    readonly id: string;
    readonly wallet: { readonly id: string; readonly gold: number };
    readonly questProgress: { readonly nodes: readonly { readonly id: string; readonly count: number }[] };
    readonly user: { readonly id: string; readonly posts: PostsData };
  };
}
export interface PostsData {
  readonly edges: readonly EdgeData[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}
export interface EdgeData {
  readonly cursor: string;
  readonly node: { readonly id: string; readonly title: string };
}
export interface CreatePostData {
  readonly createPost: { readonly postEdge: EdgeData };
}
export interface WalletEventData {
  readonly walletChanged: {
    readonly cursor: string;
    readonly entry: { readonly balanceAfter: number };
    readonly wallet: { readonly gold: number };
  };
}
export interface ProgressEventData {
  readonly questProgressed: { readonly cursor: string; readonly progress: { readonly count: number } };
}

export function viewOf({ viewer }: PageData): View {
  return {
    gold: viewer.wallet.gold,
    progress: viewer.questProgress.nodes[0]?.count ?? 0,
    posts: viewer.user.posts.edges.map(({ node }) => node.title),
  };
}

/** Reads every page, one after another. */
export async function readEveryPage(
  read: (after: string | null | undefined) => Promise<PageData>,
): Promise<readonly [first: PageData, ...more: PageData[]]> {
  const first = await read(undefined);
  const more: PageData[] = [];
  for (let { hasNextPage, endCursor } = pageInfoOf(first); hasNextPage; ) {
    const page = await read(endCursor);
    more.push(page);
    ({ hasNextPage, endCursor } = pageInfoOf(page));
  }
  return [first, ...more];
}

function pageInfoOf({ viewer }: PageData): PostsData['pageInfo'] {
  return viewer.user.posts.pageInfo;
}

/** The view of several pages. */
export function viewOfPages([first, ...more]: readonly [PageData, ...PageData[]]): View {
  return { ...viewOf(first), posts: [first, ...more].flatMap((page) => viewOf(page).posts) };
}

/** Listens without a client's cache. @param query a subscription with a name */
export function listenTo<Data>(
  live: Client,
  query: string,
  next: (data: Data) => void,
  onEnd: (reason: unknown) => void,
): void {
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

/** The viewer with a new post, which comes first. */
export function withPost<Viewer extends PageData['viewer']>(viewer: Viewer, edge: EdgeData): Viewer {
  const { user } = viewer;
  return { ...viewer, user: { ...user, posts: { ...user.posts, edges: [edge, ...user.posts.edges] } } };
}
