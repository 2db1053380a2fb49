import { randomUUID } from 'node:crypto';
import type { LiveSourceOptions } from '../../src/pubsub/live-source.ts';
import type { Frame, Subscriber } from '../../src/pubsub/subscriber.ts';
import { isOf, type LiveRecord, type Topic } from '../../src/pubsub/topics.ts';
import type { Instance } from './live-setup.ts';

/** What a subscriber receives, as an iterator that a test may read as slowly as it likes. */
export interface Stream<T extends Topic> extends AsyncIterator<LiveRecord<T>, undefined> {
  next(): Promise<IteratorResult<LiveRecord<T>, undefined>>;
  return(): Promise<IteratorResult<LiveRecord<T>, undefined>>;
}

/** A subscriber with room for `room` frames; it is too slow if the hub says so. */
class Reader implements Subscriber {
  readonly payer = { key: 'somebody', charge: () => undefined, room: () => Promise.resolve() };
  readonly frames: Frame[] = [];
  ended: { readonly error?: unknown } | undefined;
  slow = false;
  readonly #room: number;
  #wake: () => void = () => undefined;
  #empty: () => void = () => undefined;

  constructor(room: number) {
    this.#room = room;
  }

  write(frames: readonly Frame[]): number {
    const taken = frames.slice(0, Math.max(0, this.#room - this.frames.length));
    this.frames.push(...taken);
    this.#wake();
    return taken.length;
  }

  hasRoom(): boolean {
    return this.frames.length < this.#room;
  }

  async drained(): Promise<void> {
    if (this.frames.length < this.#room) return;
    await new Promise<void>((resolve) => {
      this.#empty = resolve;
    });
  }

  tooSlow(): void {
    this.slow = true;
    this.#wake();
  }

  end(error?: unknown): void {
    this.ended ??= error === undefined ? {} : { error };
    this.#wake();
    this.#empty();
  }

  async take(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.frames.shift();
      if (frame !== undefined) {
        this.#empty();
        return frame;
      }
      if (this.slow) throw new TooSlow();
      if (this.ended?.error !== undefined) throw this.ended.error;
      if (this.ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** The subscriber did not keep up. */
export class TooSlow extends Error {}

/** Subscribes through the hub, in a group of its own. */
export async function openStream<T extends Topic>(
  { pubsub, hub }: { readonly pubsub: Pick<Instance['pubsub'], 'source'>; readonly hub: Instance['hub'] },
  options: LiveSourceOptions<T>,
  room = Number.POSITIVE_INFINITY,
): Promise<Stream<T>> {
  const source = await pubsub.source(options);
  const given = new Map<number, LiveRecord>();
  const render = async (records: readonly LiveRecord[]) => {
    const frames = records.map((record) => {
      given.set(record.seq, record);
      return { seq: record.seq, body: Buffer.alloc(0) };
    });
    return () => frames;
  };
  const reader = new Reader(room);
  const leave = hub.join({ key: randomUUID(), source, render }, reader, source.from);
  return {
    async next() {
      const frame = await reader.take();
      if (frame === undefined) return { done: true, value: undefined };
      const record = given.get(frame.seq);
      if (record === undefined || !isOf(options.topic, record)) throw new Error('A frame of nothing.');
      return { done: false, value: record };
    },
    async return() {
      leave();
      reader.end();
      return { done: true, value: undefined };
    },
  };
}
