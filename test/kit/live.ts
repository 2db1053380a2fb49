import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, GraphQLError, type GraphQLFormattedError, Kind, print } from 'graphql';
import { createClient, type Client as GraphQLSocket } from 'graphql-ws';
import { WebSocket } from 'ws';
import { LiveCursorDocument } from '../generated/operations.ts';
import { type Client, codesOf, nameOf, OperationFailed, type VariablesOf } from './client.ts';
import { inTime } from './eventually.ts';
import { whenDone } from './when-done.ts';

/** How a socket was closed. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** Something that a test causes, to show that nothing came before it. */
export interface Marker<Event> {
  /** Causes it; returns what the event will be known by. */
  cause(): Promise<string>;
  keyOf(event: Event): string | undefined;
}

/** Opens a WebSocket to the API for the client's person; it closes when the test is done. */
export function openLive(client: Client): Live {
  const live = new Live(client);
  whenDone(() => live.close());
  return live;
}

export class Live {
  readonly #client: Client;
  readonly #socket: GraphQLSocket;
  readonly #closed = Promise.withResolvers<Closing>();

  constructor(client: Client) {
    this.#client = client;
    const { authorization } = client.headers;
    this.#socket = createClient({
      url: `${client.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      ...(authorization !== undefined && { connectionParams: { authorization } }),
      retryAttempts: 0,
      lazy: false,
      // Errors are reported by the stream, or by the closing that a test waits for.
      onNonLazyError: () => undefined,
      on: { closed: (event) => this.#closed.resolve(closingOf(event)) },
    });
  }

  /**
   * Subscribes; everything committed after this has resolved arrives. If the operation has a variable `after` that is
   * not given, it is set to the present cursor: a subscription without a cursor cannot tell when it has begun.
   */
  async events<R, V>(document: TypedDocumentNode<R, V>, ...[given]: VariablesOf<V>): Promise<Stream<R>> {
    const variables: Record<string, unknown> = { ...given };
    if (takesCursor(document) && !('after' in variables)) {
      variables.after = (await this.#client.run(LiveCursorDocument)).liveCursor;
    }
    return new Stream<R>(this.#socket, document, variables);
  }

  /** Runs a query or a mutation over the socket. */
  async run<R, V>(document: TypedDocumentNode<R, V>, ...variables: VariablesOf<V>): Promise<R> {
    const stream = await this.events(document, ...variables);
    const data = await stream.next();
    await stream.ended();
    return data;
  }

  /** Waits until the socket is closed. */
  closed(): Promise<Closing> {
    return inTime(this.#closed.promise, 'the socket to be closed');
  }

  async close(): Promise<void> {
    await this.#socket.dispose();
  }
}

type Item<R> = { readonly data: R } | { readonly failure: Error } | 'end';

/** What one operation sends; each event arrives once. */
export class Stream<R> {
  readonly #waiting: Item<R>[] = [];
  readonly #document: DocumentNode;
  #wanted: ((item: Item<R>) => void) | undefined;
  /** Ends the subscription. */
  readonly stop: () => void;

  constructor(socket: GraphQLSocket, document: DocumentNode, variables: Record<string, unknown>) {
    this.#document = document;
    this.stop = socket.subscribe<R>(
      { query: print(document), variables },
      {
        next: ({ data, errors }) =>
          this.#push(errors || !data ? { failure: new StreamFailed(document, errors ?? []) } : { data }),
        error: (problem) => this.#push({ failure: failureOf(document, problem) }),
        complete: () => this.#push('end'),
      },
    );
  }

  /** @throws StreamFailed if the operation failed; Error if it has ended or nothing comes in time */
  async next(): Promise<R> {
    const item = await this.#take('an event');
    if (item === 'end') throw new Error(`${nameOf(this.#document)} has ended.`);
    if ('failure' in item) throw item.failure;
    return item.data;
  }

  /** The next `count` events, in order. */
  async take(count: number): Promise<R[]> {
    const events: R[] = [];
    while (events.length < count) events.push(await this.next());
    return events;
  }

  /** The codes of the GraphQL errors that come instead of an event. */
  async fails(): Promise<string[]> {
    const item = await this.#take('an error');
    if (item !== 'end' && 'failure' in item && item.failure instanceof StreamFailed)
      return item.failure.codes;
    throw new Error(`${nameOf(this.#document)} did not fail: ${JSON.stringify(item)}`);
  }

  /** Waits for the end; no event may come before it. */
  async ended(): Promise<void> {
    const item = await this.#take('its end');
    if (item !== 'end') throw new Error(`${nameOf(this.#document)} went on: ${JSON.stringify(item)}`);
  }

  /** Shows that nothing else is pending: the next event is the one that the marker causes. */
  async expectNothingMore(marker: Marker<R>): Promise<void> {
    const key = await marker.cause();
    const event = await this.next();
    if (marker.keyOf(event) !== key) throw new Error(`Nothing more was to come: ${JSON.stringify(event)}`);
  }

  async #take(what: string): Promise<Item<R>> {
    const item = this.#waiting.shift();
    if (item !== undefined) return item;
    const { promise, resolve } = Promise.withResolvers<Item<R>>();
    this.#wanted = resolve;
    return inTime(promise, `${what} of ${nameOf(this.#document)}`);
  }

  #push(item: Item<R>): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    if (wanted) wanted(item);
    else this.#waiting.push(item);
  }
}

export class StreamFailed extends OperationFailed {
  readonly errors: readonly GraphQLFormattedError[];
  readonly codes: string[];

  constructor(document: DocumentNode, errors: readonly GraphQLFormattedError[]) {
    super(document, errors);
    this.errors = errors;
    this.codes = codesOf(errors);
  }
}

function failureOf(document: DocumentNode, problem: unknown): Error {
  if (Array.isArray(problem)) return new StreamFailed(document, problem);
  if (problem instanceof GraphQLError) return new StreamFailed(document, [problem]);
  if (problem instanceof Error) return problem;
  const { code, reason } = closingOf(problem);
  return new Error(`The socket was closed during ${nameOf(document)}: ${code} ${reason}`);
}

function closingOf(event: unknown): Closing {
  if (typeof event === 'object' && event !== null && 'code' in event && 'reason' in event) {
    return { code: Number(event.code), reason: String(event.reason) };
  }
  return { code: 0, reason: String(event) };
}

function takesCursor(document: DocumentNode): boolean {
  return document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.operation === 'subscription' &&
      definition.variableDefinitions?.some(({ variable }) => variable.name.value === 'after'),
  );
}
