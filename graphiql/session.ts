import type { ExecutionResult } from 'graphql';
import {
  type Account,
  accountIn,
  dataOf,
  isRecord,
  isUnauthenticated,
  messageOf,
  stringIn,
  tokensIn,
} from './answers.ts';
import { post } from './http.ts';
import { createState } from './state.ts';
import { readToken } from './token.ts';

export interface Session {
  accessToken: string;
  /** Null if the token was pasted: then it can't be renewed. */
  refreshToken: string | null;
  /** When to exchange the tokens, in milliseconds since 1970 by this machine's clock; null for never. */
  renewAt: number | null;
  account: Account;
  /**
   * The cursor of live events before the sign-in: the feed starts here, and so shows what signing in brought.
   */
  liveFrom: string | null;
}

const storageKey = 'questline:session';
const accountFields = 'role user { id username displayName }';
const tokenFields = 'accessToken refreshToken userErrors { message }';
/** A token is renewed after this share of its lifetime. */
const renewAfter = 0.8;
/** The longest that setTimeout can wait, in milliseconds. */
const longestWait = 2 ** 31 - 1;
const retryRenewalAfter = 5_000;

/** Who is signed in. It exists only in this browser tab, for as long as the tab does. */
export const session = createState<Session | null>(restore());
/** What happened to the session without anyone pressing a button. */
export const notice = createState<string | null>(null);

let renewing: Promise<void> | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

session.watch((now) => {
  if (now) sessionStorage.setItem(storageKey, JSON.stringify(now));
  else sessionStorage.removeItem(storageKey);
  scheduleRenewal();
});
scheduleRenewal();

/** @throws Error with the reason that the server gives */
export async function signIn(login: string, password: string): Promise<void> {
  const liveFrom = await liveCursor();
  const mutation = `mutation ($input: SignInInput!) { signIn(input: $input) { ${tokenFields} } }`;
  const result = await post({ query: mutation, variables: { input: { login, password } } });
  const tokens = tokensIn(dataOf(result));
  if (!tokens) throw new Error('The server returned no token.');
  await adopt(tokens.accessToken, tokens.refreshToken, liveFrom);
}

/** The current cursor of live events; null if the server does not give it. */
export async function liveCursor(): Promise<string | null> {
  const { data } = await post({ query: '{ liveCursor }' });
  return stringIn(data, 'liveCursor');
}

/** Signs in with a pasted token. @throws Error if the server does not accept it */
export async function enterToken(token: string): Promise<void> {
  await adopt(token.replace(/^bearer\s+/i, '').trim(), null, null);
}

/** Ends the session on the server, and on this page whatever the server answers. */
export async function signOut(): Promise<void> {
  const present = session.get();
  if (!present) return;
  try {
    dataOf(
      await post({ query: 'mutation { signOut { userErrors { message } } }' }, bearer(present.accessToken)),
    );
  } finally {
    forget(null);
  }
}

/**
 * The access token, renewed first if that is due; null if nobody is signed in.
 *
 * @param refused one that the server has refused: it is replaced, or the session has ended
 */
export async function freshToken(refused: string | null = null): Promise<string | null> {
  const present = session.get();
  if (present && present.accessToken === refused) await replaceRefused();
  else if (present?.renewAt && present.renewAt <= Date.now()) await renew();
  return session.get()?.accessToken ?? null;
}

export function bearer(token: string | null): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {};
}

/**
 * Applies to the page what an operation in the editor did to the session: signing in, signing up or
 * refreshing there signs in here, and signing out there signs out here.
 *
 * @param sentToken the token that it ran with
 * @param liveFrom the cursor of live events before it ran, if known
 */
export async function follow(
  result: ExecutionResult,
  sentToken: string | null,
  liveFrom: string | null,
): Promise<void> {
  const tokens = tokensIn(result.data);
  if (tokens) return adopt(tokens.accessToken, tokens.refreshToken, liveFrom);
  if (!sentToken || session.get()?.accessToken !== sentToken) return;
  if (isRecord(result.data?.signOut)) forget(null);
  else if (isUnauthenticated(result)) await replaceRefused();
}

/** The server no longer accepts the token: gets another, or signs out. */
async function replaceRefused(): Promise<void> {
  if (session.get()?.refreshToken) await renew();
  else forget('The server no longer accepts the token.');
}

/** Exchanges the tokens, once for all who ask at the same time. */
function renew(): Promise<void> {
  renewing ??= exchangeTokens().finally(() => {
    renewing = null;
  });
  return renewing;
}

async function exchangeTokens(): Promise<void> {
  const present = session.get();
  if (!present?.refreshToken) return;
  const mutation = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { ${tokenFields} } }`;
  const variables = { input: { refreshToken: present.refreshToken } };
  let result: ExecutionResult;
  try {
    result = await post({ query: mutation, variables });
  } catch (error) {
    notice.set(`The session could not be renewed yet: ${messageOf(error)}`);
    session.set({ ...present, renewAt: Date.now() + retryRenewalAfter });
    return;
  }
  const payload = result.data?.refreshSession;
  if (session.get() !== present) return;
  if (isRecord(payload) && typeof payload.accessToken === 'string') {
    notice.set(null);
    session.set({ ...present, ...lifeOf(payload.accessToken, stringIn(payload, 'refreshToken')) });
  } else forget('The session has ended. Sign in again.');
}

/** Signs in with tokens from the server, and asks it whose they are. */
async function adopt(
  accessToken: string,
  refreshToken: string | null,
  liveFrom: string | null,
): Promise<void> {
  const data = dataOf(await post({ query: `{ viewer { ${accountFields} } }` }, bearer(accessToken)));
  const account = accountIn(data.viewer);
  if (!account) throw new Error('No account belongs to this token.');
  notice.set(null);
  session.set({ ...lifeOf(accessToken, refreshToken), account, liveFrom });
}

function lifeOf(accessToken: string, refreshToken: string | null): Omit<Session, 'account' | 'liveFrom'> {
  const { lifetime } = readToken(accessToken);
  const renewAt = refreshToken && lifetime > 0 ? Date.now() + lifetime * renewAfter : null;
  return { accessToken, refreshToken, renewAt };
}

function forget(why: string | null): void {
  notice.set(why);
  session.set(null);
}

function scheduleRenewal(): void {
  clearTimeout(timer);
  const due = session.get()?.renewAt;
  if (!due) return;
  const wait = Math.min(Math.max(due - Date.now(), 0), longestWait);
  timer = setTimeout(() => void freshToken().then(scheduleRenewal, report), wait);
}

/** For errors of work in the background. */
export function report(error: unknown): void {
  notice.set(messageOf(error));
}

function restore(): Session | null {
  const stored = sessionStorage.getItem(storageKey);
  return stored ? JSON.parse(stored) : null;
}
