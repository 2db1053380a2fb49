/**
 * A subscription that misses nothing: it keeps the cursor of the last event and, whenever the connection is lost, comes
 * back and goes on after it. Take it over as it is; it needs `graphql-ws` alone.
 */
import { type Client, CloseCode, createClient } from 'graphql-ws';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
const isForbidden = (closing: unknown) =>
  closing instanceof Object && 'code' in closing && closing.code === CloseCode.Forbidden;
const isPassing = (reason: unknown) =>
  Array.isArray(reason) && reason.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE');

/** @param accessToken asked for at each connection; undefined where nobody is signed in */
export function createLiveClient(
  url: string,
  accessToken: () => Promise<string | undefined>,
  webSocketImpl?: unknown,
): Client {
  return createClient({
    url,
    webSocketImpl,
    keepAlive: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    // After all but a bad token: a server that restarts (1012), a client that was too slow (1013), a lost network.
    shouldRetry: (closing) => !isForbidden(closing),
    retryWait: (attempt) => wait(Math.min(100 * 2 ** attempt, 10_000)),
    connectionParams: async () => {
      const token = await accessToken();
      return token === undefined ? {} : { authorization: `Bearer ${token}` };
    },
  });
}

/**
 * @param query with a variable `$after: LiveCursor` that is its field's `after`, and the event's `cursor`
 * @param variables `after` is where to begin: the `liveCursor` that was read beside the lists
 * @param onEnd it can't go on: CURSOR_EXPIRED after days away (read the lists again), or a token that is not good
 * @returns ends it
 */
export function listen<Event extends { readonly cursor: string }>(
  client: Client,
  query: string,
  { ...variables }: Record<string, unknown> & { after: string },
  { onEvent, onEnd }: { onEvent(event: Event): void; onEnd(reason?: unknown): void },
): () => void {
  let stopped = false;
  let leave: () => void;
  const start = () => {
    let failure: unknown;
    // The same variables at each connection: by then they say how far this client has come.
    leave = client.subscribe<Record<string, Event>>(
      { query, variables },
      {
        next({ data, errors }) {
          const [event] = Object.values(data ?? {});
          if (event === undefined) failure = errors;
          else {
            variables.after = event.cursor;
            onEvent(event);
          }
        },
        error: (reason) => void end(reason),
        complete: () => void end(failure),
      },
    );
  };
  const end = async (reason?: unknown) => {
    if (!stopped && isPassing(reason)) await wait(1_000).then(() => (stopped ? onEnd() : start()));
    else onEnd(reason);
  };
  start();
  return () => {
    stopped = true;
    leave();
  };
}
