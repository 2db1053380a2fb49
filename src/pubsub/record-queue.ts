import type { LiveRecord } from './topics.ts';

/**
 * More records were waiting than the queue holds. The reader comes back with its last cursor and gets them
 * all.
 */
export class SlowConsumer extends Error {
  override readonly name = 'SlowConsumer';
  constructor() {
    super('Live events came faster than they were read.');
  }
}

/** Records between the feed, which pushes, and one reader. */
export class RecordQueue {
  private records: LiveRecord[] = [];
  private tooMany = false;
  private failure: Error | undefined;
  private closed = false;
  private wakeReader: () => void = () => undefined;

  /** @param limit how many records may wait when more come. */
  constructor(private readonly limit: number) {}

  /** Records have been dropped, because the reader was too slow. */
  get overflown(): boolean {
    return this.tooMany;
  }

  push(records: readonly LiveRecord[]): void {
    if (this.closed || this.tooMany) return;
    // Looked at before they are added: a burst may be larger than the limit, and nobody is slow who had no
    // turn yet.
    this.tooMany = this.records.length >= this.limit;
    if (this.tooMany) this.records = [];
    else this.records.push(...records);
    this.wakeReader();
  }

  /** Starts anew. */
  clear(): void {
    this.records = [];
    this.tooMany = false;
  }

  /** The reader gets what waits, and then the error. */
  fail(error: Error): void {
    this.failure = error;
    this.wakeReader();
  }

  /** The reader's end; what waits is dropped. */
  close(): void {
    this.closed = true;
    this.records = [];
    this.wakeReader();
  }

  /**
   * Waits for the next record; undefined once the queue is closed.
   * @throws SlowConsumer after an overflow, or what `fail` was given.
   */
  async take(): Promise<LiveRecord | undefined> {
    for (;;) {
      const record = this.records.shift();
      if (record || this.closed) return record;
      if (this.tooMany) throw new SlowConsumer();
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => {
        this.wakeReader = resolve;
      });
    }
  }
}
