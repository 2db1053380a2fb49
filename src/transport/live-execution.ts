import { randomUUID } from 'node:crypto';
import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import { SlowConsumer } from '../pubsub/live-stream.ts';
import type { Context } from '../resolvers/context.ts';
import { inRequest } from './request-scope.ts';

export type LiveResult = ExecutionResult | AsyncIterableIterator<ExecutionResult>;

export interface LiveSubscriber {
  /** A new context for each event, so that no loader answers from what it read for an earlier one. */
  contextFor(requestId: string): Context;
  /** Called where the client reads too slowly for its events to be kept any longer; the stream ends. */
  onSlow(): void;
}

/** Runs a subscription (GraphQL spec, 6.2.3): each event of its source is one execution of the operation. */
export async function subscribe(
  args: ExecutionArgs,
  { contextFor, onSlow }: LiveSubscriber,
): Promise<LiveResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const executeEvent = (event: unknown) => {
    const requestId = randomUUID();
    return inRequest({ requestId }, async () =>
      execute({ ...args, rootValue: event, contextValue: contextFor(requestId) }),
    );
  };
  return mapEvents(source[Symbol.asyncIterator](), executeEvent, onSlow);
}

const done = { done: true, value: undefined } as const;

/**
 * Like a generator over the source, but for one thing: `return` ends a `next` that still waits. A generator would
 * queue it behind the next event, and the source would stay subscribed until one came.
 */
function mapEvents<In, Out>(
  source: AsyncIterator<In>,
  map: (value: In) => Promise<Out>,
  onSlow: () => void,
): AsyncIterableIterator<Out> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await source.next();
        return result.done ? done : { done: false, value: await map(result.value) };
      } catch (error) {
        if (!(error instanceof SlowConsumer)) throw error;
        onSlow();
        return done;
      }
    },
    async return() {
      await source.return?.();
      return done;
    },
  };
}
