import type { Db } from '../database/database.ts';
import type { Reader } from '../domain/reader.ts';
import { isOf, type LivePayloads, type LiveRecord, type Topic } from './topics.ts';

export interface LiveSourceOptions<T extends Topic> {
  readonly topic: T;
  /** Whose events they are, a UUID in lower case. */
  readonly audience: string;
  /** Begins after this seq, which `checkCursor` found good; if left out, with what comes from now on. */
  readonly after?: number | undefined;
  /**
   * What the operation asks for, by its arguments alone: events whose payload has all properties of one of these. If
   * left out, all events. PostgreSQL filters by them too, so that unwanted events are not read.
   */
  readonly contents?: readonly Partial<LivePayloads[T]>[] | undefined;
  /** The same, for conditions that `contents` cannot express. */
  readonly accept?: ((payload: LivePayloads[T]) => boolean) | undefined;
  /** Whether the listener may hear of the event; if left out, everyone who may listen may. */
  readonly audible?: ((payload: LivePayloads[T], listener: Reader) => boolean) | undefined;
  /**
   * Asked last, about events that are audible and about to be handed out: it may read what only PostgreSQL knows.
   * @returns for each event whether it is for the listener
   */
  readonly confirm?:
    | ((payloads: readonly LivePayloads[T][], listener: Reader, db: Db) => Promise<readonly boolean[]>)
    | undefined;
}

/**
 * Where a subscription's events come from, and from which seq on. It is handed to the hub. Nothing listens before that,
 * and nothing is lost either, because later events have a later seq.
 */
export class LiveSource implements AsyncIterable<never> {
  readonly topic: Topic;
  readonly audience: string;
  /** The seq after which it begins. */
  readonly from: number;
  /** Whether an event may be left out because of who listens. */
  readonly dependsOnListener: boolean;
  readonly accepts: (record: LiveRecord) => boolean;
  readonly contents: readonly object[] | undefined;
  /** The events that are for this listener now. */
  readonly audibleTo: (
    records: readonly LiveRecord[],
    listener: Reader,
    db: Db,
  ) => Promise<readonly LiveRecord[]>;

  private constructor(fields: Omit<LiveSource, typeof Symbol.asyncIterator>) {
    this.topic = fields.topic;
    this.audience = fields.audience;
    this.from = fields.from;
    this.dependsOnListener = fields.dependsOnListener;
    this.accepts = fields.accepts;
    this.contents = fields.contents;
    this.audibleTo = fields.audibleTo;
  }

  /** @param from the seq after which it begins */
  static of<T extends Topic>(options: LiveSourceOptions<T>, from: number): LiveSource {
    const { topic, audience, contents, accept, audible, confirm } = options;
    return new LiveSource({
      topic,
      audience,
      from,
      contents,
      dependsOnListener: audible !== undefined || confirm !== undefined,
      accepts: (record) =>
        isOf(topic, record) &&
        (contents === undefined || contents.some((content) => contains(record.payload, content))) &&
        (accept === undefined || accept(record.payload)),
      async audibleTo(records, listener, db) {
        const heard = records.filter(
          (record) => isOf(topic, record) && (audible === undefined || audible(record.payload, listener)),
        );
        if (confirm === undefined || heard.length === 0) return heard;
        const payloads = heard.flatMap((record) => (isOf(topic, record) ? [record.payload] : []));
        const confirmed = await confirm(payloads, listener, db);
        return heard.filter((_, index) => confirmed[index]);
      },
    });
  }

  /** graphql-js needs an async iterable for every subscription; this one is never iterated. */
  [Symbol.asyncIterator](): AsyncIterator<never> {
    throw new Error('A live source is handed to the hub.');
  }
}

/** Like PostgreSQL's `@>` for objects without nested objects. */
function contains(payload: object, content: object): boolean {
  const has = new Map(Object.entries(payload));
  return Object.entries(content).every(([name, value]) => has.get(name) === value);
}
