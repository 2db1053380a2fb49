import type { LiveBatch, MessageBus, Receiver } from './message-bus.ts';
import type { Topic } from './topics.ts';

/** The bus for a process that serves alone. */
export class InProcessBus implements MessageBus {
  readonly ready = true;
  readonly #receivers = new Map<Topic, Receiver>();

  async publish(batch: LiveBatch): Promise<void> {
    for (const [topic, messages] of batch) this.#receivers.get(topic)?.onMessages(messages);
  }

  subscribe(topic: Topic, receiver: Receiver): () => void {
    this.#receivers.set(topic, receiver);
    return () => {
      if (this.#receivers.get(topic) === receiver) this.#receivers.delete(topic);
    };
  }

  async close(): Promise<void> {
    this.#receivers.clear();
  }
}
