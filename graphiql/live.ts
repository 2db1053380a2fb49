import type { FormattedExecutionResult } from 'graphql';
import { createClient, type Sink } from 'graphql-ws';
import { endpoint, type GraphqlRequest } from './http.ts';
import { bearer, freshToken, session } from './session.ts';
import { createState } from './state.ts';
import { readToken } from './token.ts';

export type Connection = 'closed' | 'connecting' | 'open' | 'lost';

/** How the socket stands. There is one for all subscriptions, open while there are any. */
export const connection = createState<Connection>('closed');

const keepAliveEvery = 15_000;
const longestRetryWait = 10_000;

let socket: WebSocket | null = null;
/** The token that the server knows the socket by. */
let boundToken: string | null = null;

const client = createClient({
  url: endpoint.replace(/^http/, 'ws'),
  connectionParams: async () => {
    boundToken = await freshToken();
    return bearer(boundToken);
  },
  keepAlive: keepAliveEvery,
  retryAttempts: 10,
  retryWait: (retries) =>
    sleep(Math.random() * 300 + (retries && Math.min(2 ** retries * 250, longestRetryWait))),
  on: {
    connecting: () => connection.set('connecting'),
    connected: (opened) => {
      if (opened instanceof WebSocket) socket = opened;
      connection.set('open');
      rebind();
    },
    closed: (event) => {
      socket = null;
      connection.set(event instanceof CloseEvent && event.code === 1000 ? 'closed' : 'lost');
    },
  },
});

session.watch(rebind);

/**
 * Runs a subscription, over as many sockets as it takes. Where it asks for the event's `cursor` and has a variable
 * `$after`, a new socket goes on after the last event that the old one brought.
 *
 * @returns the function that ends it.
 */
export function listen<Data extends Record<string, unknown>>(
  request: GraphqlRequest,
  sink: Sink<FormattedExecutionResult<Data, unknown>>,
): () => void {
  const resumes = /\$after\b/.test(request.query);
  const payload = { ...request, variables: { ...request.variables } };
  return client.subscribe<Data>(payload, {
    next(result) {
      const cursor = resumes ? cursorIn(result.data) : null;
      if (cursor) payload.variables.after = cursor;
      sink.next(result);
    },
    error: (problem) => sink.error(problem instanceof CloseEvent ? closeError(problem) : problem),
    complete: () => sink.complete(),
  });
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

function closeError(event: CloseEvent): Error {
  return new Error(`The socket was closed: ${event.code} ${event.reason}`.trim());
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
