import type { FormattedExecutionResult } from 'graphql';
import { CloseCode, createClient, type Sink } from 'graphql-ws';
import { endpoint, type GraphqlRequest } from './http.ts';
import { bearer, freshToken, session } from './session.ts';
import { createState } from './state.ts';
import { readToken } from './token.ts';

export type Connection =
  | 'closed'
  | 'connecting'
  | 'open'
  | 'restarting'
  | 'busy'
  | 'expired'
  | 'lost'
  | 'unreachable';

/** How the socket stands. There is one for all subscriptions, open while there are any. */
export const connection = createState<Connection>('closed');

const keepAliveEvery = 15_000;
const longestRetryWait = 10_000;
/** Before a subscription is tried again that the server could not take, in milliseconds. */
const subscribeAgainAfter = 1_000;

let socket: WebSocket | null = null;
/** The token that the server knows the socket by. */
let boundToken: string | null = null;
/** The one with which a socket was closed last: its time is over, whatever this machine's clock says. */
let refusedToken: string | null = null;

/** The last cursor of each operation that has no variable for it; a new socket goes on there. */
const after: Record<string, string> = {};

const client = createClient({
  url: endpoint.replace(/^http/, 'ws'),
  connectionParams: async () => {
    boundToken = await freshToken(refusedToken);
    return { ...bearer(boundToken), after };
  },
  keepAlive: keepAliveEvery,
  // A browser says `error` of a server that is not there yet, and graphql-ws takes that for the end.
  shouldRetry: () => true,
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: (retries) =>
    sleep(Math.random() * 300 + (retries && Math.min(2 ** retries * 250, longestRetryWait))),
  on: {
    // While it is tried again, why it has to be says more.
    connecting: (again) => again || connection.set('connecting'),
    connected: (opened) => {
      if (opened instanceof WebSocket) socket = opened;
      refusedToken = null;
      connection.set('open');
      rebind();
    },
    closed: (event) => {
      const wasOpen = socket !== null;
      socket = null;
      const code = event instanceof CloseEvent ? event.code : null;
      if (code === CloseCode.Forbidden) refusedToken = boundToken;
      connection.set(standings.get(code) ?? (wasOpen ? 'lost' : 'unreachable'));
    },
  },
});

/** What the codes say of the connection; after any other it is lost, or there was none. */
const standings: ReadonlyMap<number | null, Connection> = new Map([
  [1000, 'closed'],
  [1012, 'restarting'],
  [1013, 'busy'],
  [CloseCode.Forbidden, 'expired'],
]);

session.watch(rebind);

/**
 * Runs a subscription, over as many sockets as it takes. Where it asks for the event's `cursor`, a new socket goes on
 * after the last event that the old one brought: by its variable `$after` if it has one, else by `connection_init`.
 *
 * @returns the function that ends it.
 */
export function listen<Data extends Record<string, unknown>>(
  request: GraphqlRequest,
  sink: Sink<FormattedExecutionResult<Data, unknown>>,
): () => void {
  const hasVariable = /\$after\b/.test(request.query);
  const payload = { ...request, variables: { ...request.variables } };
  const name = request.operationName ?? nameIn(request.query);
  const remember = (cursor: string) => {
    if (hasVariable) payload.variables.after = cursor;
    else if (name) after[name] = cursor;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let leave = () => {};
  const start = () => {
    leave = client.subscribe<Data>(payload, {
      next(result) {
        const cursor = cursorIn(result.data);
        if (cursor) remember(cursor);
        sink.next(result);
      },
      error(problem) {
        if (isPassing(problem)) timer = setTimeout(start, subscribeAgainAfter);
        else sink.error(inWords(problem));
      },
      complete: () => sink.complete(),
    });
  };
  start();
  return () => {
    clearTimeout(timer);
    leave();
    // Whoever runs it again begins anew.
    if (name) delete after[name];
  };
}

/**
 * Tells the server of a new token. A fresh one of the same account is sent along with a ping, and what runs on the
 * socket runs on; another account, or none, needs another socket, on which graphql-ws subscribes once more.
 */
function rebind(): void {
  const token = session.get()?.accessToken ?? null;
  if (!socket || token === boundToken) return;
  if (isOfSameAccount(token, boundToken)) {
    socket.send(JSON.stringify({ type: 'ping', payload: bearer(token) }));
    boundToken = token;
  } else client.terminate();
}

function isOfSameAccount(token: string | null, other: string | null): boolean {
  const subject = token && readToken(token).subject;
  return Boolean(subject && other && readToken(other).subject === subject);
}

function cursorIn(data: Record<string, unknown> | null | undefined): string | null {
  const [event] = Object.values(data ?? {});
  if (typeof event !== 'object' || event === null || !('cursor' in event)) return null;
  return typeof event.cursor === 'string' ? event.cursor : null;
}

/** The name of a document's operation, if it has one. */
function nameIn(query: string): string | undefined {
  return /\bsubscription\s+([_A-Za-z]\w*)/.exec(query)?.[1];
}

/** The server could not take the subscription just then. */
function isPassing(problem: unknown): boolean {
  return (
    Array.isArray(problem) && problem.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE')
  );
}

/** An error of GraphQL speaks for itself. What else ends a subscription is an event, which would tell a reader nothing. */
function inWords(problem: unknown): unknown {
  if (problem instanceof CloseEvent) {
    const reason = problem.reason || 'no reason given';
    return new Error(`The server closed the connection: ${reason} (${problem.code}).`);
  }
  return problem instanceof Event ? new Error('The server cannot be reached.') : problem;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
