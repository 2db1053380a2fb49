import type { Viewer } from '../auth/viewer.ts';
import type { Logger } from '../logger.ts';
import type { Feed } from '../pubsub/feed.ts';
import type { FeedListener, FeedSubscription } from '../pubsub/topic-feed.ts';
import { isOf, type LiveRecord } from '../pubsub/topics.ts';
import type { LiveSessions } from '../services/live-sessions.ts';
import type { SessionWatch, SessionWatcher, WatchSession } from './socket-session.ts';

interface Sources {
  readonly feed: Feed;
  readonly sessions: Pick<LiveSessions, 'isLiveNow'>;
  readonly log: Logger;
}

/** Watches sessions through the live events, which reach every process without gaps. */
export function watchSessions(
  feed: Feed,
  sessions: Pick<LiveSessions, 'isLiveNow'>,
  log: Logger,
): WatchSession {
  const sources = { feed, sessions, log };
  return (viewer, watcher) => new StreamWatch(sources, viewer, watcher);
}

/** One for each socket. It has methods because closures would take half a kilobyte more. */
class StreamWatch implements SessionWatch, FeedListener {
  readonly #sources: Sources;
  readonly #viewer: Viewer;
  readonly #watcher: SessionWatcher;
  #subscription: FeedSubscription | undefined;
  #stopped = false;

  constructor(sources: Sources, viewer: Viewer, watcher: SessionWatcher) {
    this.#sources = sources;
    this.#viewer = viewer;
    this.#watcher = watcher;
  }

  async start(): Promise<void> {
    try {
      await this.#subscribe();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#subscription?.unsubscribe();
  }

  onRecords(records: readonly LiveRecord[]): void {
    const ours = records.some(
      (record) => isOf('session_ended', record) && record.payload.sessionId === this.#viewer.sessionId,
    );
    if (ours) this.#look().catch((error: unknown) => this.#giveUp(error));
  }

  onEnd(): void {
    if (this.#stopped) return;
    this.stop();
    this.#watcher.onLost();
  }

  async #subscribe(): Promise<void> {
    const subscription = await this.#sources.feed.subscribe('session_ended', this.#viewer.accountId, this);
    this.#subscription = subscription;
    if (this.#stopped) subscription.unsubscribe();
    // The session may have ended after the token was checked, but before it was watched.
    else await this.#look();
  }

  /** Checks the session again: the event may concern an earlier token, from before the role in this one. */
  async #look(): Promise<void> {
    if (this.#stopped || (await this.#sources.sessions.isLiveNow(this.#viewer)) || this.#stopped) return;
    this.stop();
    this.#watcher.onEnd();
  }

  #giveUp(error: unknown): void {
    this.#sources.log.warn({ err: error }, 'a session could not be watched');
    this.onEnd();
  }
}
