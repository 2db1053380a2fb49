/**
 * All that this server does about graphql-ws 6.4.2, each with the issue in github.com/enisdenjo/graphql-ws that it is
 * for. If there is none, the comment says what graphql-ws does. With a new version, look here what is still needed.
 */
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Context as Connection } from 'graphql-ws';
import { closeCode } from './close-code.ts';
import { parseJson } from './json.ts';
import { isPersisted } from './known-documents.ts';
import { asGraphQLError } from './operation-gate.ts';

// No issue: the server handles the message of a subscription as long as that lasts, so it keeps the message's text, its
// payload and the arguments of the execution in memory for as long.

/** What a message is while its text is given to graphql-ws; it begins to parse before it returns. */
let incoming: string | undefined;

/** JSON, like the messages that it stands in for. */
const standIn = '0';

/** Has a message handled. graphql-ws is given a stand-in, and its parser the text. */
export function handleText<T>(text: string, handle: (message: string) => T): T {
  incoming = text;
  try {
    return handle(standIn);
  } finally {
    incoming = undefined;
  }
}

/** For `JSON.parse`: puts what the text says in the place of its stand-in. */
export function reviveIncoming(_key: string, value: unknown): unknown {
  return incoming === undefined ? value : withQuery(parseJson(incoming));
}

/** Empties an object that graphql-ws goes on keeping. */
export function clear(kept: object): void {
  for (const name of Object.keys(kept)) Reflect.deleteProperty(kept, name);
}

/** Takes out of the arguments of a subscription what only its source needed. */
export function clearArguments(args: ExecutionArgs): void {
  args.contextValue = undefined;
  args.variableValues = undefined;
}

/** #188: a `subscribe` without a text is refused, such as one that names its document by its hash alone. */
function withQuery(message: unknown): unknown {
  if (!isRecord(message) || message.type !== 'subscribe' || !isRecord(message.payload)) return message;
  const { query, extensions } = message.payload;
  if ((query === undefined || query === null) && isPersisted(extensions)) message.payload.query = '';
  return message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The id of an operation, from its `subscribe` on. */
export interface ReservedId {
  /**
   * Resolves as `work` does, but never if the id has become another operation's meanwhile.
   * @param onLost called then: nobody goes on with what has been done
   */
  keep<T>(work: T | Promise<T>, onLost?: () => void): Promise<T>;
}

/**
 * No issue: a client may complete an operation that is still prepared, and use its id again at once. The server looks
 * at the id alone to tell whether an operation is still wanted, and would give the answer of the first one, or its end,
 * to the second. So the first one is not gone on with.
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

/** #560: what an operation throws would close the socket, and so end all others on it. Here it is the answer. */
export async function answerErrors<T>(run: () => T | Promise<T>): Promise<T | ExecutionResult> {
  try {
    return await run();
  } catch (error) {
    return { errors: [asGraphQLError(error)] };
  }
}

/** Ends a stream; with an error, it has failed. */
export type OnEnd = (error?: unknown) => void;
/** Begins a stream, and says how to leave it. May throw: then the stream has failed. */
export type Begin = (onEnd: OnEnd) => () => void;
type Done = IteratorReturnResult<undefined>;
const done: Done = { done: true, value: undefined };

/**
 * A stream without events. It begins when it is first read, and then waits until it ends or fails.
 *
 * #653: `return` leaves at once, also while a `next` waits, where that of a generator would wait with it. That `next` is
 * never answered, because the server would take the answer for the end of whatever operation has the id by then.
 */
export class Parked implements AsyncIterableIterator<never, undefined> {
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
    else reject(error);
  };
}

/** No issue: a message that only servers send passes for a good one, and then this is thrown. */
export function isServersMessage(error: unknown): boolean {
  return error instanceof Error && /^Unexpected message of type \w+ received$/.test(error.message);
}

/** No issue: a payload that is nested too deep to be written makes the answer to a ping fail. It is left out here. */
export function pongTo(payload: unknown): string {
  const pong = { type: 'pong' };
  try {
    return JSON.stringify(payload ? { ...pong, payload } : pong);
  } catch {
    return JSON.stringify(pong);
  }
}

/** Bytes of a reason, at most: it shares a control frame with the code (RFC 6455, 5.5). */
const longestReason = 123;

/**
 * #73: a reason that is too long cannot be sent, and `makeServer` does not cut it. The one for an id that is in use
 * holds the id, however long a client made it.
 */
export function closeReason(code?: number, reason = ''): string {
  if (code === closeCode.idInUse) return 'Subscriber already exists';
  return Buffer.byteLength(reason) > longestReason ? '' : reason;
}
