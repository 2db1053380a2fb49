import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Hub } from '../pubsub/hub.ts';
import { LiveSource } from '../pubsub/live-source.ts';
import { CursorExpired } from '../pubsub/replay.ts';
import { cursorExpired } from '../services/api-error.ts';
import { GraphQLLiveOperation, type LiveOperationOptions } from './live-operation.ts';
import { LiveSubscriber } from './live-subscriber.ts';
import type { SocketState } from './websocket.ts';

export interface LiveExecutionOptions extends LiveOperationOptions {
  readonly hub: Hub<LiveSubscriber>;
}

/** Which subscription of which socket. */
export interface Asker {
  readonly socket: SocketState;
  readonly id: string;
}

/**
 * Runs a subscription (GraphQL spec, 6.2.3): each event of its source is one execution of the operation, which the hub
 * shares among those who may share it, and writes to the sockets itself.
 * @returns what is wrong with it, or a stream without events, which ends when the subscription does
 */
export async function subscribe(
  args: ExecutionArgs,
  { socket, id }: Asker,
  { hub, ...options }: LiveExecutionOptions,
): Promise<ExecutionResult | AsyncIterableIterator<never>> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  if (!(source instanceof LiveSource)) throw new Error('Every subscription gives a live source.');
  return parked((onEnd) =>
    hub.join(
      new GraphQLLiveOperation(args, source, options),
      new LiveSubscriber(socket, id, onEnd),
      source.from,
    ),
  );
}

const done = { done: true, value: undefined } as const;

/**
 * Begins when it is first read, and gives nothing until it ends: then it is over, or throws. `return` leaves at once,
 * also while a `next` waits, where a generator would wait with it. That `next` is never answered: graphql-ws would take
 * the answer for the end of whatever has the id by then.
 */
function parked(
  begin: (onEnd: (error?: unknown) => void) => () => void,
): AsyncIterableIterator<never, undefined> {
  const end = Promise.withResolvers<typeof done>();
  let leave: (() => void) | undefined;
  let left = false;
  const onEnd = (error?: unknown) => {
    if (error === undefined) end.resolve(done);
    else end.reject(error instanceof CursorExpired ? cursorExpired() : error);
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (left) return Promise.resolve(done);
      leave ??= begin(onEnd);
      return end.promise;
    },
    async return() {
      left = true;
      leave?.();
      return done;
    },
  };
}
