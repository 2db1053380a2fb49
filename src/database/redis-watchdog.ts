import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';

export interface WatchOptions {
  /** How often is looked, in ms. */
  readonly every: number;
  /** How long an answer may take, in ms. */
  readonly patience: number;
}

/** Within five seconds a connection that has fallen silent is replaced. */
const ordinary: WatchOptions = { every: 2_000, patience: 3_000 };

/**
 * Ends connections that have fallen silent: behind a firewall that has forgotten them, or to a Redis that hangs, nothing
 * else would notice, for who only listens never sends anything. ioredis then makes a new one.
 * @returns ends the watch
 */
export function watchConnection(client: Redis, { every, patience }: WatchOptions = ordinary): () => void {
  let looking = false;
  const look = async () => {
    if (looking) return;
    looking = true;
    const { stream } = client;
    const silent = await isSilent(client, patience);
    looking = false;
    // Destroyed, for `disconnect` waits until the other side has closed it too.
    if (silent && client.stream === stream) stream.destroy();
  };
  const timer = setInterval(() => void look(), every);
  return () => clearInterval(timer);
}

/** Never rejects. */
async function isSilent(client: Redis, patience: number): Promise<boolean> {
  if (client.status === 'ready') return Promise.race([hasNoAnswer(client), pause(patience, true, unheld)]);
  // Connecting has a deadline of its own; what ioredis says first on a new connection has none.
  if (client.status !== 'connect') return false;
  // Once it is ready it is asked by the next look, however much patience is left.
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  client.once('ready', resolve);
  await Promise.race([ready, pause(patience, undefined, unheld)]);
  client.off('ready', resolve);
  return client.status === 'connect';
}

/** Any answer will do, be it a refusal. If the connection breaks, ioredis knows by itself. */
async function hasNoAnswer(client: Redis): Promise<boolean> {
  try {
    await client.ping();
    return false;
  } catch (error) {
    return isTimeout(error);
  }
}

const unheld = { ref: false };

/** Of the client's own `commandTimeout`. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Command timed out';
}
