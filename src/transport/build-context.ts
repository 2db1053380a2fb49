import type { Device } from '../auth/device.ts';
import type { Viewer } from '../auth/viewer.ts';
import { withReadBudget } from '../database/budgeted-db.ts';
import type { Db } from '../database/database.ts';
import { createLoaders, type LoaderOptions, type SharedLoaders } from '../loaders/loaders.ts';
import type { Context } from '../resolvers/context.ts';
import type { AppliedEvents } from '../services/applied-events.ts';

/** Who asks, and from where: what a transport knows of a request or of a socket. */
export interface Caller {
  readonly viewer: Viewer | null;
  readonly device: Device;
  announceToken?(accessToken: string): void;
}

/** What every context is made from. */
export interface ContextSource {
  readonly database: Db;
  readonly live: Context['live'];
  readonly cursors: Context['cursors'];
  readonly applied: Pick<AppliedEvents, 'ofPerson'>;
  /** Characters that one operation may read from the database. */
  readonly mostRead: number;
}

/**
 * The one way to a context, for HTTP, for WebSocket, and for each live event.
 * @param options left out, all reads are this context's alone, and everything is read
 */
export function buildContext(
  { database, live, cursors, applied, mostRead }: ContextSource,
  caller: Caller,
  options?: LoaderOptions,
): Context {
  const db = withReadBudget(database, mostRead);
  // Of a live operation it is not even asked who reads.
  const reader = options?.asked?.ownEvents ? caller.viewer : null;
  const ownEventsApplied = reader === null ? undefined : () => applied.ofPerson(reader.accountId);
  const freshLoaders = () => createLoaders(db, () => caller.viewer, { ...options, ownEventsApplied });
  const context: Context = {
    get viewer() {
      return caller.viewer;
    },
    device: caller.device,
    now: new Date(),
    loaders: freshLoaders(),
    // Of this object: Apollo Server executes with a copy.
    readAnew(this: Context) {
      this.loaders = freshLoaders();
    },
    live,
    cursors,
    announceToken: (accessToken) => caller.announceToken?.(accessToken),
  };
  return context;
}

/** Of what the server does by itself: an event is told to whoever listens, wherever that is. */
export const noDevice: Device = { userAgent: null, ipAddress: null };

/** A context that is nobody's, and knows whether anything has looked at whose it is. */
export function watchedContext(source: ContextSource, shared?: SharedLoaders) {
  let seen = false;
  const nobody: Caller = {
    get viewer() {
      seen = true;
      return null;
    },
    device: noDevice,
  };
  return { context: buildContext(source, nobody, { shared }), viewerWasSeen: () => seen };
}
