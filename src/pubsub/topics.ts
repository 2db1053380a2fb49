/**
 * What the events of each topic carry: ids only, for who listens loads the rest. A new topic is one line
 * here.
 */
export interface LivePayloads {
  quest_completed: { readonly completionId: string };
  wallet_changed: { readonly entryId: string };
  notification_received: { readonly notificationId: string };
  /** For the server itself, to close the sockets of a session that has ended. Its audience is the account. */
  session_ended: { readonly sessionId: string };
}

export type Topic = keyof LivePayloads;

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
