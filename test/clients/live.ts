import { type Client, createClient } from 'graphql-ws';
import type { Session } from '../../examples/session.ts';

/**
 * The one socket of an app. It survives expired tokens, restarts and lost networks, and its subscriptions miss nothing.
 * @param cursors where each subscription continues, by its name: the `liveCursor` that was read beside the lists
 */
export function createLive(url: string, session: Session, cursors: Record<string, string>): Client {
  let alarm: ReturnType<typeof setTimeout>;
  const client = createClient({
    url,
    // Called at each connection.
    connectionParams: async () => ({ authorization: `Bearer ${await session.token()}`, after: cursors }),
    generateID: ({ operationName }) => `${operationName}:${crypto.randomUUID()}`,
    // Every failure is temporary, even a server that is not there yet, for which a browser reports only `error`.
    shouldRetry: () => true,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: (tries) => wait(Math.min(500 * 2 ** tries, 10_000) * (0.5 + Math.random())),
    keepAlive: 10_000,
    on: {
      message(message) {
        if (message.type !== 'next') return;
        const [name = ''] = message.id.split(':');
        const [event] = Object.values(Object(message.payload.data));
        cursors[name] = Object(event).cursor ?? cursors[name];
      },
      // A lost network is silent: a ping without an answer ends the connection.
      ping: () => {
        alarm = setTimeout(() => client.terminate(), 5_000);
      },
      pong: () => clearTimeout(alarm),
      closed: () => clearTimeout(alarm),
    },
  });
  return client;
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
