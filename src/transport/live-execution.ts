import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import type { Hub } from '../pubsub/hub.ts';
import { LiveSource } from '../pubsub/live-source.ts';
import { CursorExpired } from '../pubsub/replay.ts';
import { cursorExpired } from '../services/api-error.ts';
import { payerOf } from './limits/payer.ts';
import { GraphQLLiveOperation, type LiveOperationOptions } from './live-operation.ts';
import type { LivePayers, LivePlace } from './live-payers.ts';
import { LiveSubscriber } from './live-subscriber.ts';
import type { SocketState } from './websocket.ts';

export interface LiveExecutionOptions extends LiveOperationOptions {
  readonly hub: Hub<LiveSubscriber>;
  readonly livePayers: LivePayers;
}

/** Which subscription of which socket. */
export interface Asker {
  readonly socket: SocketState;
  readonly id: string;
  /** The points of one event; left out, 1. */
  readonly cost?: number | undefined;
}

/**
 * Runs a subscription (GraphQL spec, 6.2.3): each event of its source is one execution of the operation, which the hub
 * shares among those who may share it, and writes to the sockets itself.
 * @returns what is wrong with it, or a stream without events, which ends when the subscription does
 */
export async function subscribe(
  args: ExecutionArgs,
  { socket, id, cost }: Asker,
  options: LiveExecutionOptions,
): Promise<ExecutionResult | AsyncIterableIterator<never>> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  if (!(source instanceof LiveSource)) throw new Error('Every subscription gives a live source.');
  const operation = new GraphQLLiveOperation({ args, source, cost }, options);
  // graphql-ws keeps the arguments as long as the subscription lasts; one operation has them for all who share it, and
  // each event has a context of its own.
  args.contextValue = undefined;
  args.variableValues = undefined;
  return new Parked((onEnd) => {
    // Counted in the turn in which it is joined: one that is given up before that has taken no place.
    const place = options.livePayers.take(payerOf(socket), operation.key);
    const subscriber = new LiveSubscriber(socket, id, place.payer, endOf(place, onEnd));
    return leaveOf(place, options.hub.join(operation, subscriber, source.from));
  });
}

// What these return lasts as long as the subscription: here it keeps nothing else.

function endOf(place: LivePlace, onEnd: OnEnd): OnEnd {
  return (error) => {
    place.release();
    onEnd(error);
  };
}

function leaveOf(place: LivePlace, leave: () => void): () => void {
  return () => {
    leave();
    place.release();
  };
}

type OnEnd = (error?: unknown) => void;
/** May throw: then the subscription has failed. */
type Begin = (onEnd: OnEnd) => () => void;
type Done = IteratorReturnResult<undefined>;
const done: Done = { done: true, value: undefined };

/**
 * Begins when it is first read, and gives nothing until it ends: then it is over, or throws. `return` leaves at once,
 * also while a `next` waits, where a generator would wait with it. That `next` is never answered: graphql-ws would take
 * the answer for the end of whatever has the id by then.
 */
class Parked implements AsyncIterableIterator<never, undefined> {
  /** Until it has begun. */
  #begin: Begin | undefined;
  #end: Promise<Done> | undefined;
  #leave: (() => void) | undefined;

  constructor(begin: Begin) {
    this.#begin = begin;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Done> {
    const begin = this.#begin;
    this.#begin = undefined;
    if (begin) {
      const end = Promise.withResolvers<Done>();
      this.#end = end.promise;
      try {
        this.#leave = begin(settleWith(end));
      } catch (error) {
        end.reject(error);
      }
    }
    return this.#end ?? Promise.resolve(done);
  }

  async return(): Promise<Done> {
    this.#begin = undefined;
    this.#end = undefined;
    this.#leave?.();
    return done;
  }
}

function settleWith({ resolve, reject }: PromiseWithResolvers<Done>): OnEnd {
  return (error) => {
    if (error === undefined) resolve(done);
    else reject(error instanceof CursorExpired ? cursorExpired() : error);
  };
}
