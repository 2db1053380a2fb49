import type { Db } from '../database/database.ts';
import type { Feed, FeedSubscription } from './feed.ts';
import { RecordQueue } from './record-queue.ts';
import { pageSize, replayAudience } from './replay.ts';
import { isOf, type LiveRecord, type Topic } from './topics.ts';

export { SlowConsumer } from './record-queue.ts';
export { CursorExpired } from './replay.ts';

export interface LiveStreamOptions<T extends Topic> {
  readonly topic: T;
  /** Whose events, a UUID in lower case. */
  readonly audience: string;
  /**
   * Begins with what came after this seq, which `checkCursor` found good; without it, with what comes now.
   */
  readonly after?: number | undefined;
  /**
   * Whether a record is for this subscriber; left out, all are. It is asked when a record arrives, so that what is not
   * for them takes no place in the queue, and again when the record is handed out.
   */
  readonly accept?: ((record: LiveRecord<T>) => boolean) | undefined;
  /** Asked last, of what is accepted and about to be handed out: it may read what only PostgreSQL knows. */
  readonly confirm?: ((record: LiveRecord<T>) => Promise<boolean>) | undefined;
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined;
  /** How many records may wait to be read. */
  readonly queueSize?: number | undefined;
  /** Called when the reader is found too slow, which may be long before it asks again. Must not throw. */
  readonly onSlow?: (() => void) | undefined;
}

export interface LiveStreamSource {
  readonly database: Db;
  readonly feed: Feed;
}

/**
 * Opens one subscriber's stream: its events in commit order, each once. All that is committed after this has
 * resolved comes; so may what was committed a moment before.
 *
 * Reading throws SlowConsumer where more than `queueSize` records wait, and CursorExpired where events after
 * the cursor were removed before they could be read.
 */
export async function openLiveStream<T extends Topic>(
  source: LiveStreamSource,
  options: LiveStreamOptions<T>,
): Promise<LiveStream<T>> {
  const stream = new LiveStream(source, options);
  await stream.open();
  return stream;
}

const defaultQueueSize = 1_000;

export class LiveStream<T extends Topic> implements AsyncIterableIterator<LiveRecord<T>> {
  private readonly queue: RecordQueue;
  private readonly records: AsyncGenerator<LiveRecord<T>, undefined>;
  private subscription: FeedSubscription | undefined;
  /** The seq of the last record given, or the cursor. */
  private position: number;
  private live = false;
  private stopped = false;

  constructor(
    private readonly source: LiveStreamSource,
    private readonly options: LiveStreamOptions<T>,
  ) {
    this.queue = new RecordQueue(options.queueSize ?? defaultQueueSize);
    this.position = options.after ?? 0;
    this.live = options.after === undefined;
    this.records = this.read();
  }

  async open(): Promise<void> {
    const { topic, audience, signal } = this.options;
    signal?.addEventListener('abort', this.stop);
    if (signal?.aborted) this.stop();
    if (this.stopped) return;
    try {
      const subscription = await this.source.feed.subscribe(topic, audience, {
        onRecords: (records) => this.push(records),
        onEnd: (error) => (error ? this.queue.fail(error) : this.stop()),
      });
      this.subscription = subscription;
    } catch (error) {
      this.stop();
      throw error;
    }
    // Closed while it was waiting for PostgreSQL.
    if (this.stopped) this.subscription.unsubscribe();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LiveRecord<T>, undefined>> {
    return this.records.next();
  }

  /**
   * Stops listening at once, also while a `next` waits; a generator alone would wait with it for the next
   * event.
   */
  return(): Promise<IteratorResult<LiveRecord<T>, undefined>> {
    this.stop();
    return this.records.return(undefined);
  }

  /** Ends the stream; reading it is over at once. */
  readonly stop = (): void => {
    this.stopped = true;
    this.options.signal?.removeEventListener('abort', this.stop);
    this.subscription?.unsubscribe();
    this.queue.close();
  };

  private push(records: readonly LiveRecord[]): void {
    const ours = records.filter((record) => this.accepts(record));
    if (ours.length === 0) return;
    this.queue.push(ours);
    if (!this.live || !this.queue.overflown) return;
    this.subscription?.unsubscribe();
    this.options.onSlow?.();
  }

  private accepts(record: LiveRecord): record is LiveRecord<T> {
    const { topic, accept } = this.options;
    return isOf(topic, record) && (accept === undefined || accept(record));
  }

  private async confirms(record: LiveRecord<T>): Promise<boolean> {
    return (await this.options.confirm?.(record)) ?? true;
  }

  private async *read(): AsyncGenerator<LiveRecord<T>, undefined> {
    try {
      yield* this.replay();
      for (let record = await this.queue.take(); record; record = await this.queue.take()) {
        if (record.seq > this.position && this.accepts(record) && (await this.confirms(record))) yield record;
      }
    } finally {
      this.stop();
    }
    return undefined;
  }

  /**
   * Reads from PostgreSQL up to where the feed stands, while what the feed hands on from there waits in the
   * queue. A queue that runs over meanwhile is no harm: it starts anew, and PostgreSQL has what it held.
   */
  private async *replay(): AsyncGenerator<LiveRecord<T>, void> {
    const { topic, audience } = this.options;
    while (!this.live && !this.stopped) {
      this.queue.clear();
      const until = this.subscription?.position ?? 0;
      const range = { after: this.position, until };
      const page = await replayAudience(this.source.database, topic, audience, range);
      for (const record of page) {
        if (this.stopped) return;
        this.position = record.seq;
        if (this.accepts(record) && (await this.confirms(record))) yield record;
      }
      this.live = page.length < pageSize && !this.queue.overflown;
    }
  }
}
