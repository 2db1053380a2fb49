import type { Outbox } from '../pubsub/outbox.ts';

/** Adds a live event to a transaction: `Outbox.publish`, bound. */
export type Publish = Outbox['publish'];
