import { randomUUID } from 'node:crypto';
import type { Viewer } from '../auth/viewer.ts';
import type { Db } from '../database/database.ts';
import { createLoaders } from '../loaders/loaders.ts';
import type { Context } from '../resolvers/context.ts';
import type { Device } from '../services/session.service.ts';

/** Who asks, and from where: what a transport knows of a request or of a socket. */
export interface Requester {
  readonly viewer: Viewer | null;
  readonly device: Device;
  announceToken?(accessToken: string): void;
  /** Called where a stream of theirs is read too slowly; it may be long before anybody reads it again. */
  readonly onSlow?: () => void;
}

/** What every context is made from. */
export interface ContextSource {
  readonly database: Db;
  readonly live: Context['live'];
}

/** The one way to a context, for HTTP, for WebSocket, and for each live event. */
export function buildContext(
  { database, live }: ContextSource,
  requester: Requester,
  requestId: string = randomUUID(),
): Context {
  const { viewer, device, onSlow } = requester;
  const freshLoaders = () => createLoaders(database, viewer);
  const context: Context = {
    requestId,
    viewer,
    device,
    presentViewer: () => requester.viewer,
    loaders: freshLoaders(),
    readAnew() {
      context.loaders = freshLoaders();
    },
    live: onSlow ? { ...live, stream: (options) => live.stream({ ...options, onSlow }) } : live,
    announceToken: (accessToken) => requester.announceToken?.(accessToken),
  };
  return context;
}
