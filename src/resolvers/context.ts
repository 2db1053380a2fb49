import type { Device } from '../auth/device.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { Loaders } from '../loaders/loaders.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import type { LiveCursors } from '../schema/live-cursors.ts';

/**
 * What a resolver knows of the operation that it serves; built anew for each operation and each live event.
 */
export interface Context {
  readonly viewer: Viewer | null;
  readonly device: Device;
  /** The time that counts as now for the whole operation. */
  readonly now: Date;
  /** Batched reads, fresh for this operation, and for each field of a mutation. */
  loaders: Loaders;
  readAnew(): void;
  readonly live: Pick<PubSub, 'source' | 'checkCursor'>;
  /** Encodes and decodes positions in the stream of live events. */
  readonly cursors: Pick<LiveCursors, 'of' | 'decode'>;
  /**
   * The position of the stream of live events before anything else was read; set if the operation asks for
   * it.
   */
  liveCursor?: string;
  /** The cursor at which a subscription begins if it has no `after`. */
  resumeAfter?: string | undefined;
  /** The points that the operation costs; set if the answer should report them. */
  reportedCost?: number;
  /** Announces a new access token to the transport; HTTP answers also carry it as a header. */
  announceToken(accessToken: string): void;
}

/** The context of a root field that requires a signed-in viewer. */
export interface SignedInContext extends Context {
  readonly viewer: Viewer;
}

/**
 * Whether the viewer may see what belongs to one person alone, that is, whether they are that person or an
 * admin.
 */
export function maySee({ viewer }: Context, accountId: string): boolean {
  return viewer !== null && (viewer.accountId === accountId || viewer.role === 'ADMIN');
}
