import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { cursorExpired } from '../domain/errors.ts';
import type { Hub } from '../pubsub/hub.ts';
import { LiveSource } from '../pubsub/live-source.ts';
import { CursorExpired } from '../pubsub/replay.ts';
import { clearArguments, type OnEnd, Parked } from './graphql-ws-workarounds.ts';
import { payerOf } from './limits/payer.ts';
import { GraphQLLiveOperation, type LiveOperationOptions } from './live-operation.ts';
import type { LivePayers, LivePlace } from './live-payers.ts';
import { LiveSubscriber } from './live-subscriber.ts';
import type { SocketState } from './websocket.ts';

export interface LiveExecutionOptions extends LiveOperationOptions {
  readonly hub: Hub<LiveSubscriber>;
  readonly livePayers: LivePayers;
}

/** One subscription of one socket. */
export interface SubscriptionTarget {
  readonly socket: SocketState;
  readonly id: string;
  /** The points of one event; 1 if left out. */
  readonly cost?: number | undefined;
}

/**
 * Runs a subscription (GraphQL spec, 6.2.3): each event of its source is one execution of the operation. The
 * hub shares it among all who may share it, and writes to the sockets itself.
 * @returns the errors, or a stream without events, which ends when the subscription does
 */
export async function subscribe(
  args: ExecutionArgs,
  { socket, id, cost }: SubscriptionTarget,
  options: LiveExecutionOptions,
): Promise<ExecutionResult | AsyncIterableIterator<never>> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  if (!(source instanceof LiveSource)) throw new Error('Every subscription gives a live source.');
  const operation = new GraphQLLiveOperation({ args, source, cost }, options);
  // The operation keeps a copy for all who share it, and each event gets its own context.
  clearArguments(args);
  return new Parked((onEnd) => {
    // Counted and joined in the same turn: a subscription that is given up before takes no place.
    const place = options.livePayers.take(payerOf(socket), operation.key);
    const subscriber = new LiveSubscriber(socket, id, place.payer, endOf(place, onEnd));
    return leaveOf(place, options.hub.join(operation, subscriber, source.from));
  });
}

// These functions live as long as the subscription, so their closures must not hold anything else.

function endOf(place: LivePlace, onEnd: OnEnd): OnEnd {
  return (error) => {
    place.release();
    onEnd(error instanceof CursorExpired ? cursorExpired() : error);
  };
}

function leaveOf(place: LivePlace, leave: () => void): () => void {
  return () => {
    leave();
    place.release();
  };
}
