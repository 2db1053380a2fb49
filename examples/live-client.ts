/** Subscriptions that miss nothing: each keeps its last cursor, and goes on after it when the connection was lost. */
import { type Client, type ClientOptions, CloseCode, createClient } from 'graphql-ws';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
const isPassing = (reason: unknown) =>
  Array.isArray(reason) && reason.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE');

/** @param options `connectionParams` is asked at each connection: `async () => ({ authorization: 'Bearer …' })` */
export function createLiveClient({ keepAlive = 10_000, ...options }: ClientOptions): Client {
  const alarms: ReturnType<typeof setTimeout>[] = [];
  const alarm = () => alarms.push(setTimeout(() => client.terminate(), keepAlive / 2));
  const calm = () => alarms.splice(0).map((timer) => clearTimeout(timer));
  const client: Client = createClient({
    keepAlive,
    // A network that is gone says nothing: a ping without an answer ends the connection.
    on: { ping: alarm, pong: calm, closed: calm },
    // After all but a bad token: a server that restarts (1012), a client that was too slow (1013), a lost network.
    shouldRetry: (closing) => Object(closing).code !== CloseCode.Forbidden,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (attempt) => wait(Math.min(100 * 2 ** attempt, 10_000)),
    ...options,
  });
  return client;
}

/**
 * @param query with a variable `$after: LiveCursor` that is its field's `after`, and the event's `cursor`
 * @param given `after` is where to begin: the `liveCursor` that was read beside the lists
 * @param onEnd it was left, or can't go on: CURSOR_EXPIRED after days away (read the lists again), a bad token
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
    failure = undefined;
    if (isPassing(reason)) await wait(1_000);
    if (isPassing(reason) && !stopped) leave = start();
    else onEnd(stopped ? undefined : reason);
  };
  const sink = { next, error: end, complete: () => end(failure) };
  const start = () => client.subscribe({ query, variables }, sink);
  let leave = start();
  return () => {
    stopped = true;
    leave();
  };
}
