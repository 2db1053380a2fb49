import { adviceFor } from './advice.ts';
import { post } from './http.ts';
import { bearer, freshToken, session } from './session.ts';

/**
 * The variables of an example with its placeholders filled in: `{{uuid}}`, `{{now}}`, `{{word}}` (a new one
 * each time), `{{timeZone}}`, and ids and versions of existing objects: see `lookUp`. A string that is only a
 * placeholder becomes the value itself, for instance a number. If no value is found, it says in `<>` what to
 * do first. Values in `known` take precedence.
 */
export async function fillIn(variables: string, known: Values): Promise<string> {
  const own: Values = {
    uuid: randomUuid(),
    word: randomWord(),
    now: new Date().toISOString(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userId: session.get()?.account.userId,
    refreshToken: session.get()?.refreshToken,
    ...known,
  };
  const names = [...variables.matchAll(placeholder)].map(([, name]) => name ?? '');
  const values = names.every((name) => name in own) ? own : { ...(await lookUp()), ...own };
  return variables.replace(/"([^"\n]*)"/g, (literal, text: string) => replaceIn(literal, text, values));
}

/** By the name of the placeholder. */
export type Values = Record<string, string | number | null | undefined>;

const placeholder = /\{\{(\w+)\}\}/g;

function replaceIn(literal: string, text: string, values: Values): string {
  const whole = /^\{\{(\w+)\}\}$/.exec(text)?.[1];
  if (whole) return JSON.stringify(values[whole] ?? adviceFor(whole));
  return literal.replace(placeholder, (_, name: string) => String(values[name] ?? adviceFor(name)));
}

const lookUpQuery = `{
  quests(first: 1) { nodes { id version } }
  rewards(first: 1) { nodes { id version } }
  products(first: 1) { nodes { id version } }
  offers: products(first: 1, filter: { currency: GOLD, inStock: true }, orderBy: { field: PRICE }) {
    nodes { id sku price { amount } }
  }
  users(first: 5) { nodes { id username } }
  posts(first: 1) { nodes { id } }
  collections(first: 1) { nodes { id } }
  viewer {
    user {
      posts(first: 1) { nodes { id version } }
      collections(first: 1) { nodes { id version } }
    }
    completions(status: CLAIMABLE, first: 1) { nodes { id } }
    wallet { entries(first: 1) { nodes { id } } }
    sessions { id isCurrent }
  }
}`;

interface Page {
  nodes: { id: string; version?: number }[];
}
interface Found {
  quests: Page;
  rewards: Page;
  products: Page;
  offers: { nodes: { id: string; sku: string; price: { amount: number } }[] };
  users: { nodes: { id: string; username: string }[] };
  posts: Page;
  collections: Page;
  viewer: {
    user: { posts: Page; collections: Page };
    completions: Page;
    wallet: { entries: Page };
    sessions: { id: string; isCurrent: boolean }[];
  } | null;
}

async function lookUp(): Promise<Values> {
  const { data } = await post<Found>({ query: lookUpQuery }, bearer(await freshToken()));
  const quest = data?.quests.nodes[0];
  const reward = data?.rewards.nodes[0];
  const product = data?.products.nodes[0];
  const offer = data?.offers.nodes[0];
  const ownPost = data?.viewer?.user.posts.nodes[0];
  const ownCollection = data?.viewer?.user.collections.nodes[0];
  const self = session.get()?.account.userId;
  return {
    // Not one of the demo accounts: the example may delete the user, and everybody wants to sign in with
    // those.
    otherUserId: data?.users.nodes.find(({ id, username }) => id !== self && !demoNames.has(username))?.id,
    sessionId: data?.viewer?.sessions.find(({ isCurrent }) => !isCurrent)?.id,
    deadLetterId: await deadLetter(),
    postId: data?.posts.nodes[0]?.id,
    collectionId: data?.collections.nodes[0]?.id,
    ownPostId: ownPost?.id,
    ownPostVersion: ownPost?.version,
    ownCollectionId: ownCollection?.id,
    ownCollectionVersion: ownCollection?.version,
    questId: quest?.id,
    questVersion: quest?.version,
    rewardId: reward?.id,
    rewardVersion: reward?.version,
    productId: product?.id,
    productVersion: product?.version,
    offerId: offer?.id,
    offerSku: offer?.sku,
    offerPrice: offer?.price.amount,
    completionId: data?.viewer?.completions.nodes[0]?.id,
    entryId: data?.viewer?.wallet.entries.nodes[0]?.id,
  };
}

const demoNames: ReadonlySet<string> = new Set(['user', 'admin']);

/** Only admins may ask for dead letters, so this is a separate query; undefined if there is none. */
async function deadLetter(): Promise<string | undefined> {
  if (session.get()?.account.role !== 'ADMIN') return undefined;
  const query = '{ deadLetters(first: 1) { nodes { id } } }';
  const { data } = await post<{ deadLetters: Page }>({ query }, bearer(await freshToken()));
  return data?.deadLetters.nodes[0]?.id;
}

/** crypto.randomUUID exists only on secure origins, and a server on the local network is not one. */
function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) =>
    String.fromCharCode(97 + (byte % 26)),
  ).join('');
}
