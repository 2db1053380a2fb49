import type { Device } from '../auth/device.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Loaders } from '../loaders/loaders.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import type { LiveCursors } from '../schema/live-cursors.ts';

/** What a resolver knows of the operation that it serves; made anew for each, and for each live event. */
export interface Context {
  readonly viewer: Viewer | null;
  readonly device: Device;
  /** One moment for all that the operation says is so as of now. */
  readonly now: Date;
  /** Batched reads, fresh for this operation, and for each field of a mutation. */
  loaders: Loaders;
  readAnew(): void;
  readonly live: Pick<PubSub, 'source' | 'checkCursor'>;
  /** Makes and reads the positions of that stream. */
  readonly cursors: Pick<LiveCursors, 'of' | 'decode'>;
  /** Where the stream of live events stood before anything else was read; set where the operation asks for it. */
  liveCursor?: string;
  /** The cursor at which a subscription begins that gives none itself. */
  resumeAfter?: string | undefined;
  /** Points that the operation costs; set if its answer is to say so. */
  reportedCost?: number;
  /** Tells the transport of a new access token, which HTTP answers carry as a header as well. */
  announceToken(accessToken: string): void;
}

/** The context of a root field whose rule lets in nobody who is not signed in. */
export interface SignedInContext extends Context {
  readonly viewer: Viewer;
}

/** Whether the viewer may see what belongs to one person alone: that person, and admins. */
export function maySee({ viewer }: Context, accountId: string): boolean {
  return viewer !== null && (viewer.accountId === accountId || viewer.role === 'ADMIN');
}
