import { nilUuid } from '../domain/ids.ts';

/** What the events of each topic carry: only ids, because listeners load the rest. A new topic is one line here. */
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
  /** Its audience is the collection. It carries what decides who may hear of it: the row may be gone by then. */
  collection_changed: {
    readonly action: 'UPDATED' | 'DELETED' | 'POST_ADDED' | 'POST_REMOVED';
    readonly postId?: string;
    readonly ownerId: string;
    /** After the change, or the last one if the collection was deleted. */
    readonly visibility: 'PUBLIC' | 'PRIVATE';
    readonly previousVisibility: 'PUBLIC' | 'PRIVATE';
  };
  /** For the server itself: a session or its tokens ended, so its sockets are checked. Its audience is the account. */
  session_ended: { readonly sessionId: string };
}

export type Topic = keyof LivePayloads;

/** The audience of events that belong to nobody in particular. */
export const everyone = nilUuid;

/** A committed event. */
export interface LiveRecord<T extends Topic = Topic> {
  /** The cursor: it grows in commit order, across all topics, without gaps. */
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
