import { isOf, type LivePayloads, type LiveRecord, type Topic } from './topics.ts';

export interface LiveSourceOptions<T extends Topic> {
  readonly topic: T;
  /** Whose events, a UUID in lower case. */
  readonly audience: string;
  /** Begins with what came after this seq, which `checkCursor` found good; left out, with what comes from now on. */
  readonly after?: number | undefined;
  /** Whether the operation asks for the event at all; what it says depends on the operation's arguments alone. */
  readonly accept?: ((payload: LivePayloads[T]) => boolean) | undefined;
  /** Whether somebody may hear of the event; left out, whoever may listen may. */
  readonly audible?: ((payload: LivePayloads[T], listener: Listener | null) => boolean) | undefined;
  /** Asked last, of what is audible and about to be handed out: it may read what only PostgreSQL knows. */
  readonly confirm?: ((payload: LivePayloads[T], listener: Listener | null) => Promise<boolean>) | undefined;
}

/** Who listens. */
export interface Listener {
  readonly accountId: string;
  readonly role: string;
}

/**
 * Where a subscription's events come from, and from which on. It is handed to the hub; nothing listens before that, and
 * nothing is lost either, for what comes later has a later seq.
 */
export class LiveSource implements AsyncIterable<never> {
  readonly topic: Topic;
  readonly audience: string;
  /** The seq after which it begins. */
  readonly from: number;
  /** Whether who listens can be a reason to leave an event out. */
  readonly dependsOnListener: boolean;
  readonly accepts: (record: LiveRecord) => boolean;
  /** Whether the event is for this listener, now. */
  readonly isAudible: (record: LiveRecord, listener: Listener | null) => Promise<boolean>;

  private constructor(fields: Omit<LiveSource, typeof Symbol.asyncIterator>) {
    this.topic = fields.topic;
    this.audience = fields.audience;
    this.from = fields.from;
    this.dependsOnListener = fields.dependsOnListener;
    this.accepts = fields.accepts;
    this.isAudible = fields.isAudible;
  }

  /** @param from the seq after which it begins */
  static of<T extends Topic>(options: LiveSourceOptions<T>, from: number): LiveSource {
    const { topic, audience, accept, audible, confirm } = options;
    return new LiveSource({
      topic,
      audience,
      from,
      dependsOnListener: audible !== undefined || confirm !== undefined,
      accepts: (record) => isOf(topic, record) && (accept === undefined || accept(record.payload)),
      isAudible: async (record, listener) =>
        isOf(topic, record) &&
        (audible === undefined || audible(record.payload, listener)) &&
        (confirm === undefined || (await confirm(record.payload, listener))),
    });
  }

  /** graphql-js wants a stream of every subscription; this one is never iterated. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error('A live source is handed to the hub.');
  }
}
