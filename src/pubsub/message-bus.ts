import type { LivePayloads, Topic } from './topics.ts';

/**
 * An event on its way between processes. `previous` is the seq of the event before it in the same topic: who
 * has not seen that one has a hole, and reads it from PostgreSQL. `occurredAt` is in ms since 1970.
 */
export type LiveMessage = readonly [
  seq: number,
  previous: number,
  audience: string,
  payload: LivePayloads[Topic],
  occurredAt: number,
];

/** What the relay sends at once: for each topic its messages, in the order of their seq. */
export type LiveBatch = ReadonlyMap<Topic, readonly LiveMessage[]>;

export interface Receiver {
  onMessages(messages: readonly LiveMessage[]): void;
  /** Messages arrive from now on; what was sent before, since the connection broke, did not. */
  onReady(): void;
}

/**
 * Carries batches to every process that listens: fast, in order, and allowed to lose them, for PostgreSQL has
 * all. One receiver a topic. Receivers must not throw.
 */
export interface MessageBus {
  /** False while messages are lost. */
  readonly ready: boolean;
  /** Rejects where the batch may not have arrived. */
  publish(batch: LiveBatch): Promise<void>;
  /** @returns what ends it. */
  subscribe(topic: Topic, receiver: Receiver): () => void;
  close(): Promise<void>;
}
