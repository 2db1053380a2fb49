import type { Logger } from '../logger.ts';
import type { Feed, FeedSubscription } from '../pubsub/feed.ts';
import { isOf } from '../pubsub/topics.ts';
import type { LiveSessions } from '../services/live-sessions.ts';
import type { WatchSession } from './socket-session.ts';

/** Watches sessions through the stream of live events, which every instance hears and which loses none. */
export function watchSessions(
  feed: Feed,
  sessions: Pick<LiveSessions, 'isLiveNow'>,
  log: Logger,
): WatchSession {
  return (viewer, watcher) => {
    let subscription: FeedSubscription | undefined;
    let stopped = false;
    const stop = () => {
      stopped = true;
      subscription?.unsubscribe();
    };
    const once = (tell: () => void) => {
      if (stopped) return;
      stop();
      tell();
    };
    // An event tells to look: it may be of an earlier token, of before the role that this one carries.
    const look = async () => {
      if (!stopped && !(await sessions.isLiveNow(viewer))) once(watcher.onEnd);
    };
    const giveUp = (error: unknown) => {
      log.warn({ err: error }, 'a session could not be watched');
      once(watcher.onLost);
    };
    const start = async () => {
      subscription = await feed.subscribe('session_ended', viewer.accountId, {
        onRecords: (records) => {
          const ours = records.some(
            (record) => isOf('session_ended', record) && record.payload.sessionId === viewer.sessionId,
          );
          if (ours) look().catch(giveUp);
        },
        onEnd: () => once(watcher.onLost),
      });
      if (stopped) subscription.unsubscribe();
      // It may have ended after the token was looked at, and before anybody watched.
      else await look();
    };
    start().catch(giveUp);
    return stop;
  };
}
