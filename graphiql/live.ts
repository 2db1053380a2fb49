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

/** The state of the socket. All subscriptions share one, which is open while there are any. */
export const connection = createState<Connection>('closed');

const keepAliveEvery = 15_000;
const longestRetryWait = 10_000;
/** How long to wait before a subscription that the server could not take is tried again, in milliseconds. */
const subscribeAgainAfter = 1_000;

let socket: WebSocket | null = null;
/** The token that the socket is signed in with. */
let boundToken: string | null = null;
/** The token with which a socket was last closed: it has expired, whatever this machine's clock says. */
let refusedToken: string | null = null;

/** The last cursor of each operation that has no variable for it; a new socket resumes there. */
const after: Record<string, string> = {};

const client = createClient({
  url: endpoint.replace(/^http/, 'ws'),
  connectionParams: async () => {
    boundToken = await freshToken(refusedToken);
    return { ...bearer(boundToken), after };
  },
  keepAlive: keepAliveEvery,
  // While a server is not up yet, browsers report `error`, which graphql-ws takes as final.
  shouldRetry: () => true,
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: (retries) =>
    sleep(Math.random() * 300 + (retries && Math.min(2 ** retries * 250, longestRetryWait))),
  on: {
    // While it reconnects, the reason says more.
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

/** What the close codes mean for the connection; after any other it was lost, or never opened. */
const standings: ReadonlyMap<number | null, Connection> = new Map([
  [1000, 'closed'],
  [1012, 'restarting'],
  [1013, 'busy'],
  [CloseCode.Forbidden, 'expired'],
]);

session.watch(rebind);

/**
 * Runs a subscription, over as many sockets as it takes. If it selects the event's `cursor`, a new socket
 * resumes after the last event that the old one received: with its variable `$after` if it has one, otherwise
 * with `connection_init`.
 *
 * @returns a function that ends it
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
    // If it is run again, it starts afresh.
    if (name) delete after[name];
  };
}

/**
 * Tells the server about a new token. A fresh one of the same account is sent with a ping, and the
 * subscriptions of the socket go on. Another account, or none, needs a new socket, on which graphql-ws
 * subscribes again.
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

/** The name of the operation in a document, if it has one. */
function nameIn(query: string): string | undefined {
  return /\bsubscription\s+([_A-Za-z]\w*)/.exec(query)?.[1];
}

/** Whether the server could not take the subscription just then. */
function isPassing(problem: unknown): boolean {
  return (
    Array.isArray(problem) && problem.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE')
  );
}

/**
 * Leaves GraphQL errors as they are. What else ends a subscription is a DOM event, which would tell a reader
 * nothing.
 */
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
