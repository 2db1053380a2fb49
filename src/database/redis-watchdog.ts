import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface WatchOptions {
  /** How often the connection is checked, in ms. */
  readonly every: number;
  /** How long an answer may take, in ms. */
  readonly patience: number;
}

/** Replaces a connection that has gone silent within five seconds. */
const ordinary: WatchOptions = { every: 2_000, patience: 3_000 };

/**
 * Ends connections that have gone silent, such as behind a firewall that has forgotten them, or to a Redis that hangs.
 * Nothing else would notice, because a client that only listens never sends anything. ioredis then reconnects.
 * @returns a function that ends the watch
 */
export function watchConnection(client: Redis, { every, patience }: WatchOptions = ordinary): () => void {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    const { stream } = client;
    const silent = await isSilent(client, patience);
    looking = false;
    // Destroyed, because `disconnect` waits until the other side has closed it too.
    if (silent && client.stream === stream) stream.destroy();
  };
  const timer = setInterval(() => void look(), every);
  return () => clearInterval(timer);
}

/** Never rejects. */
async function isSilent(client: Redis, patience: number): Promise<boolean> {
  if (client.status === 'ready') return Promise.race([hasNoAnswer(client), pause(patience, true, unheld)]);
  // Connecting has its own deadline; the first commands of ioredis on a new connection have none.
  if (client.status !== 'connect') return false;
  // Once it is ready, the next check asks it, however much patience is left.
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  client.once('ready', resolve);
  await Promise.race([ready, pause(patience, undefined, unheld)]);
  client.off('ready', resolve);
  return client.status === 'connect';
}

/** Any answer will do, even a refusal. If the connection breaks, ioredis notices by itself. */
async function hasNoAnswer(client: Redis): Promise<boolean> {
  try {
    await client.ping();
    return false;
  } catch (error) {
    return isTimeout(error);
  }
}

const unheld = { ref: false };

/** The error of the client's own `commandTimeout`. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
