import { nilUuid } from '../domain/ids.ts';

/**
 * What the events of each topic carry: ids only, for who listens loads the rest. A new topic is one line
 * here.
 */
export interface LivePayloads {
  quest_completed: { readonly completionId: string };
  /** How far somebody is in a quest. */
  quest_progressed: { readonly progressId: string };
  wallet_changed: { readonly entryId: string };
  notification_received: { readonly notificationId: string };
  /** One stream for all posts: its audience is `everyone`. */
  post_changed: {
    readonly action: 'CREATED' | 'UPDATED' | 'DELETED';
    readonly postId: string;
    readonly authorId: string;
  };
  /** Its audience is the collection; who may hear of it is decided by what it carries, for the row may be gone by then. */
  collection_changed: {
    readonly action: 'UPDATED' | 'DELETED' | 'POST_ADDED' | 'POST_REMOVED';
    readonly postId?: string;
    readonly ownerId: string;
    /** After the change, or at last. */
    readonly visibility: 'PUBLIC' | 'PRIVATE';
    readonly previousVisibility: 'PUBLIC' | 'PRIVATE';
  };
  /** For the server itself: a session has ended, or its tokens have; look at its sockets. Its audience is the account. */
  session_ended: { readonly sessionId: string };
}

export type Topic = keyof LivePayloads;

/** The audience of what is nobody's in particular. */
export const everyone = nilUuid;

/** A committed event. */
export interface LiveRecord<T extends Topic = Topic> {
  /** The cursor: it grows in commit order, over all topics, without gaps. */
  readonly seq: number;
  readonly topic: T;
  /** Whose stream it belongs to, a UUID in lower case: an account, or the object that changed. */
  readonly audience: string;
  readonly payload: LivePayloads[T];
  readonly occurredAt: Date;
}

/** Tells the compiler which payload a record carries. */
export function isOf<T extends Topic>(topic: T, record: LiveRecord): record is LiveRecord<T> {
  return record.topic === topic;
}
