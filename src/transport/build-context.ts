import type { Device } from '../auth/device.ts';
import { withReadBudget } from '../database/budgeted-db.ts';
import type { Db } from '../database/database.ts';
import { createLoaders, type LoaderOptions, type SharedLoaders } from '../loaders/loaders.ts';
import type { Context } from '../resolvers/context.ts';
import type { AppliedEvents } from '../services/applied-events.ts';
import type { Caller } from './limits/payer.ts';

/** What every context is built from. */
export interface ContextSource {
  readonly database: Db;
  readonly live: Context['live'];
  readonly cursors: Context['cursors'];
  readonly applied: Pick<AppliedEvents, 'ofPerson'>;
  /** Characters that one operation may read from the database. */
  readonly mostRead: number;
}

/**
 * The only way to build a context, for HTTP, for WebSocket, and for each live event.
 * @param options if left out, the context shares no reads with others, and reads everything
 */
export function buildContext(
  { database, live, cursors, applied, mostRead }: ContextSource,
  caller: Caller & Partial<Pick<Context, 'announceToken'>>,
  options?: LoaderOptions,
): Context {
  const db = withReadBudget(database, mostRead);
  // Live operations must not look at the viewer here: that would count as an answer that depends on the
  // viewer.
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
    // `this` and not `context`: Apollo Server executes with a copy.
    readAnew(this: Context) {
      this.loaders = freshLoaders();
    },
    live,
    cursors,
    announceToken: (accessToken) => caller.announceToken?.(accessToken),
  };
  return context;
}

/** The device of what the server does by itself, such as rendering a live event for its subscribers. */
export const noDevice: Device = { userAgent: null, ipAddress: null };

/** A context of nobody, which records whether anything has looked at its viewer. */
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
