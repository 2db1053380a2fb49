/**
 * Subscriptions that miss nothing and survive the end of their token: each keeps its last cursor, and continues after
 * it when the connection was lost.
 */
import { type Client, type ClientOptions, CloseCode, createClient } from 'graphql-ws';

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms * (0.5 + Math.random())));
const isPassing = (reason: unknown) =>
  Array.isArray(reason) && reason.some(({ extensions }) => extensions?.code === 'SERVICE_UNAVAILABLE');

/** The server refused a token, and there is no other. */
export class TokenRefused extends Error {
  readonly code = CloseCode.Forbidden;
}

/**
 * @param options `connectionParams` is called for the token at each connection, and five times in the life of a token:
 *   `async () => ({ authorization: 'Bearer …' })`, with a fresh one once most of that life is over
 */
export function createLiveClient({
  keepAlive = 10_000,
  connectionParams,
  ...options
}: ClientOptions): Client {
  const alarms: ReturnType<typeof setTimeout>[] = [];
  const calm = () => alarms.splice(0).map((timer) => clearTimeout(timer));
  const ask = async () => (typeof connectionParams === 'function' ? connectionParams() : connectionParams);
  /** The first token of the connection, and the last one that was sent: a refused ping does not mean a bad token. */
  let token: unknown;
  let sent: unknown;
  let refused: unknown;
  let renewals: ReturnType<typeof setInterval> | undefined;
  const client = createClient({
    keepAlive,
    // Always: after a restart (1012), if the server is not there yet, if this client was too slow (1013), after an
    // expired token (4403) or a lost network.
    shouldRetry: (problem) => !(problem instanceof TokenRefused),
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (attempt) => wait(Math.min(100 * 2 ** attempt, 10_000)),
    async connectionParams() {
      const params = await ask();
      token = params?.authorization;
      sent = token;
      if (token !== undefined && token === refused) throw new TokenRefused('The server refuses the token.');
      return params;
    },
    ...options,
  });
  // A lost network is silent: a ping without an answer ends the connection.
  client.on('ping', () => alarms.push(setTimeout(() => client.terminate(), keepAlive / 2)));
  client.on('pong', calm);
  client.on('connected', (socket) => {
    refused = undefined;
    clearInterval(renewals);
    const life = lifeOf(token);
    if (life > 0) renewals = setInterval(() => void renew(socket).catch(() => undefined), life / 5);
  });
  client.on('closed', (closing) => {
    calm();
    clearInterval(renewals);
    if (Object(closing).code === CloseCode.Forbidden) refused = token;
  });
  /** Rejects if there is no token now. It is asked for again, here or at the next connection. */
  async function renew(socket: unknown): Promise<void> {
    const params = await ask();
    if (!isOpen(socket) || params?.authorization === sent) return;
    sent = params?.authorization;
    socket.send(JSON.stringify({ type: 'ping', payload: params }));
  }
  return client;
}

function isOpen(socket: unknown): socket is WebSocket {
  return Object(socket).readyState === 1;
}

/** The life of a token in ms, whatever the clock of this machine says; 0 if it is not a token. */
function lifeOf(authorization: unknown): number {
  try {
    const [, claims = ''] = String(authorization).split('.');
    const { iat, exp } = JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/')));
    return Math.min((exp - iat) * 1_000, 2 ** 31 - 1);
  } catch {
    return 0;
  }
}

/**
 * @param query has a variable `$after: LiveCursor`, which it passes as `after`, and selects the event's `cursor`
 * @param given `after` is where to start: the `liveCursor` that was read beside the lists
 * @param onEnd called when it was left or cannot continue: after CURSOR_EXPIRED (read the lists again) or a bad token
 */
export function listen<Event extends { readonly cursor: string }>(
  client: Client,
  query: string,
  given: Record<string, unknown> & { readonly after: string },
  { onEvent, onEnd }: { onEvent(event: Event): void; onEnd(reason?: unknown): void },
): () => void {
  // The same object is sent at each connection, and then holds the latest cursor.
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
