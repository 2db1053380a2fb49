/**
 * All workarounds for graphql-ws 6.4.2, each with its issue in github.com/enisdenjo/graphql-ws. If there is
 * no issue, the comment says what graphql-ws does. With each new version, check here which are still needed.
 */
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Context as Connection } from 'graphql-ws';
import { closeCode } from './close-code.ts';
import { parseJson } from './json.ts';
import { isPersisted } from './known-documents.ts';
import { asGraphQLError } from './operation-gate.ts';

// No issue: graphql-ws handles the message of a subscription for as long as the subscription lasts, and keeps
// the message's text, its payload and the arguments of the execution in memory all that time.

/** The text of the message that graphql-ws is being given; it starts to parse before it returns. */
let incoming: string | undefined;

/** Valid JSON, like the messages that it replaces. */
const standIn = '0';

/** Passes a message to graphql-ws, which gets a stand-in; only its parser gets the text. */
export function handleText<T>(text: string, handle: (message: string) => T): T {
  incoming = text;
  try {
    return handle(standIn);
  } finally {
    incoming = undefined;
  }
}

/** A reviver for `JSON.parse`, which replaces the stand-in with the parsed text. */
export function reviveIncoming(_key: string, value: unknown): unknown {
  return incoming === undefined ? value : withQuery(parseJson(incoming));
}

/** Empties an object that graphql-ws keeps a reference to. */
export function clear(kept: object): void {
  for (const name of Object.keys(kept)) Reflect.deleteProperty(kept, name);
}

/** Removes from the arguments of a subscription what only its source needed. */
export function clearArguments(args: ExecutionArgs): void {
  args.contextValue = undefined;
  args.variableValues = undefined;
}

/**
 * #188: graphql-ws refuses a `subscribe` without a text, such as one that names its document by hash alone.
 */
function withQuery(message: unknown): unknown {
  if (!isRecord(message) || message.type !== 'subscribe' || !isRecord(message.payload)) return message;
  const { query, extensions } = message.payload;
  if ((query === undefined || query === null) && isPersisted(extensions)) message.payload.query = '';
  return message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The id of an operation, reserved from its `subscribe` message on. */
export interface ReservedId {
  /**
   * Resolves as `work` does, but never if another operation has taken the id meanwhile.
   * @param onLost called in that case, since nobody continues with the result
   */
  keep<T>(work: T | Promise<T>, onLost?: () => void): Promise<T>;
}

/**
 * No issue: a client may complete an operation that is still being prepared, and reuse its id at once.
 * graphql-ws looks only at the id to tell whether an operation is still wanted, and would send the first
 * operation's answer, or its end, to the second. So the first one is abandoned.
 */
export function reserve({ subscriptions }: Pick<Connection, 'subscriptions'>, id: string): ReservedId {
  const place: AsyncIterable<never> = {
    [Symbol.asyncIterator]() {
      throw new Error('The operation has not begun.');
    },
  };
  subscriptions[id] = place;
  const isLost = () => id in subscriptions && subscriptions[id] !== place;
  return {
    async keep(work, onLost) {
      const result = await work;
      if (!isLost()) return result;
      onLost?.();
      return new Promise<never>(() => undefined);
    },
  };
}

/**
 * #560: an error that an operation throws would close the socket, and so end all others on it. It becomes the
 * answer.
 */
export async function answerErrors<T>(run: () => T | Promise<T>): Promise<T | ExecutionResult> {
  try {
    return await run();
  } catch (error) {
    return { errors: [asGraphQLError(error)] };
  }
}

/** Ends a stream; if there is an error, the stream has failed. */
export type OnEnd = (error?: unknown) => void;
/** Begins a stream, and returns how to leave it. If it throws, the stream has failed. */
export type Begin = (onEnd: OnEnd) => () => void;
type Done = IteratorReturnResult<undefined>;
const done: Done = { done: true, value: undefined };

/**
 * A stream without events. It begins when it is first read, and then waits until it ends or fails.
 *
 * #653: `return` leaves at once, even while a `next` waits; that of a generator would wait with it. That
 * `next` is never answered, because graphql-ws would take the answer for the end of the operation that has
 * the id by then.
 */
export class Parked implements AsyncIterableIterator<never, undefined> {
  /** Undefined once the stream has begun. */
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
    else reject(error);
  };
}

/**
 * No issue: graphql-ws accepts a message that only servers may send as valid, and throws this error later.
 */
export function isServersMessage(error: unknown): boolean {
  return error instanceof Error && /^Unexpected message of type \w+ received$/.test(error.message);
}

/**
 * No issue: answering a ping fails if its payload is nested too deep to be serialized. Then the payload is
 * left out.
 */
export function pongTo(payload: unknown): string {
  const pong = { type: 'pong' };
  try {
    return JSON.stringify(payload ? { ...pong, payload } : pong);
  } catch {
    return JSON.stringify(pong);
  }
}

/** The most bytes of a reason, which shares a control frame with the code (RFC 6455, 5.5). */
const longestReason = 123;

/**
 * #73: a reason that is too long cannot be sent, and `makeServer` does not cut it. The reason for an id that
 * is in use contains the id, which a client may make of any length.
 */
export function closeReason(code?: number, reason = ''): string {
  if (code === closeCode.idInUse) return 'Subscriber already exists';
  return Buffer.byteLength(reason) > longestReason ? '' : reason;
}
