/** Subscriptions that miss nothing: each keeps its last cursor, and goes on after it when the connection was lost. */
import { type Client, type ClientOptions, CloseCode, createClient } from 'graphql-ws';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
const isForbidden = (closing: unknown) =>
  closing instanceof Object && 'code' in closing && closing.code === CloseCode.Forbidden;
const isPassing = (reason: unknown) =>
  Array.isArray(reason) && reason.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE');

/** @param options `connectionParams` is asked at each connection: `async () => ({ authorization: 'Bearer …' })` */
export function createLiveClient(options: ClientOptions): Client {
  return createClient({
    keepAlive: 10_000,
    retryAttempts: Number.POSITIVE_INFINITY,
    // After all but a bad token: a server that restarts (1012), a client that was too slow (1013), a lost network.
    shouldRetry: (closing) => !isForbidden(closing),
    retryWait: (attempt) => wait(Math.min(100 * 2 ** attempt, 10_000)),
    ...options,
  });
}

/**
 * @param query with a variable `$after: LiveCursor` that is its field's `after`, and the event's `cursor`
 * @param given `after` is where to begin: the `liveCursor` that was read beside the lists
 * @param onEnd it was left, or can't go on: CURSOR_EXPIRED after days away (read the lists again), a bad token
 * @returns leaves
 */
export function listen<Event extends { readonly cursor: string }>(
  client: Client,
  query: string,
  given: Record<string, unknown> & { readonly after: string },
  { onEvent, onEnd }: { onEvent(event: Event): void; onEnd(reason?: unknown): void },
): () => void {
  // The same object at each connection: by then it says how far this client has come.
  const variables = { ...given };
  let failure: unknown;
  let stopped = false;
  const next = ({ data, errors }: { data?: Record<string, Event> | null; errors?: unknown }) => {
    const [event] = Object.values(data ?? {});
    variables.after = event?.cursor ?? variables.after;
    if (event === undefined) failure = errors;
    else onEvent(event);
  };
  const end = async (reason: unknown) => {
    if (isPassing(reason)) await wait(1_000);
    if (isPassing(reason) && !stopped) leave = start();
    else onEnd(stopped ? undefined : reason);
  };
  const start = () => {
    failure = undefined;
    return client.subscribe({ query, variables }, { next, error: end, complete: () => end(failure) });
  };
  let leave = start();
  return () => {
    stopped = true;
    leave();
  };
}
