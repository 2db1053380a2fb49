import type { LivePayloads, Topic } from './topics.ts';

/**
 * An event on its way between processes. `previous` is the seq of the event before it in the same topic: a receiver
 * that has not seen that one has a gap, and reads it from PostgreSQL. `occurredAt` is in ms since 1970.
 */
export type LiveMessage = readonly [
  seq: number,
  previous: number,
  audience: string,
  payload: LivePayloads[Topic],
  occurredAt: number,
];

/** What the relay sends at once: the messages of each topic, in the order of their seq. */
export type LiveBatch = ReadonlyMap<Topic, readonly LiveMessage[]>;

export interface Receiver {
  onMessages(messages: readonly LiveMessage[]): void;
  /** Messages arrive from now on. Those that were sent while the connection was broken did not arrive. */
  onReady(): void;
}

/**
 * Carries batches to every process that listens. It is fast and keeps their order, and it may lose some, because
 * PostgreSQL has them all. Each topic has one receiver. Receivers must not throw.
 */
export interface MessageBus {
  /** False while messages are being lost. */
  readonly ready: boolean;
  /** Rejects if the batch may not have arrived. */
  publish(batch: LiveBatch): Promise<void>;
  /** @returns a function that ends the subscription */
  subscribe(topic: Topic, receiver: Receiver): () => void;
  close(): Promise<void>;
}
