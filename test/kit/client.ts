import { setTimeout as delay } from 'node:timers/promises';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type DocumentNode, type GraphQLFormattedError, print } from 'graphql';

/** Variables may be left out if an operation needs none. */
export type VariablesOf<V> = Record<string, never> extends V ? [variables?: V] : [variables: V];

export interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
}

/** What a mutation gives: one payload, with what a person can put right. */
export type Mutation = { readonly [field: string]: { readonly userErrors: readonly UserError[] } | null };
type PayloadOf<R> = NonNullable<R[keyof R]>;
/** A payload of what was not refused: all of it is there. */
export type Whole<Payload> = { readonly [Field in keyof Payload]: NonNullable<Payload[Field]> };

/** Code and path of a user error, such as `['INVALID', 'input.title']`. */
export type Refused = readonly [code: string, field: string | null];

export interface Answer<R = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly data?: R | null;
    readonly errors?: readonly GraphQLFormattedError[];
    readonly extensions?: Record<string, unknown>;
  };
}

/** An operation failed that should have succeeded; the message says what went wrong. */
export class OperationFailed extends Error {
  constructor(document: DocumentNode, problems: unknown) {
    super(`${nameOf(document)} failed: ${JSON.stringify(problems)}`);
  }
}

/** How long a machine may be overloaded, and the pause between two tries, in ms. */
const longestOverload = 30_000;
const pause = 200;

/** A client over HTTP, of one person or of nobody. */
export class Client {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url;
    this.headers = headers;
  }

  /** The client of whoever has this token. */
  as({ accessToken }: { readonly accessToken: string }): Client {
    return this.with({ authorization: `Bearer ${accessToken}` });
  }

  /** The same client with more headers. */
  with(headers: Readonly<Record<string, string>>): Client {
    return new Client(this.url, { ...this.headers, ...headers });
  }

  /** @throws OperationFailed if there is any GraphQL error */
  async run<R, V>(document: TypedDocumentNode<R, V>, ...[variables]: VariablesOf<V>): Promise<R> {
    const { body } = await this.ask(document, variables);
    if (body.errors || !body.data) throw new OperationFailed(document, body.errors ?? body);
    return body.data;
  }

  /**
   * The payload of a mutation that is not refused.
   * @throws OperationFailed if it is refused or fails
   */
  async mutate<R extends Mutation, V>(
    document: TypedDocumentNode<R, V>,
    ...variables: VariablesOf<V>
  ): Promise<Whole<PayloadOf<R>>> {
    const payload = payloadOf(await this.run(document, ...variables));
    if (payload && isWhole(payload)) return payload;
    throw new OperationFailed(document, payload);
  }

  /** Why a mutation is refused; nothing if it is not refused. */
  async refused<R extends Mutation, V>(
    document: TypedDocumentNode<R, V>,
    ...variables: VariablesOf<V>
  ): Promise<Refused[]> {
    const payload = payloadOf(await this.run(document, ...variables));
    return (payload?.userErrors ?? []).map(({ code, field }) => [code, field?.join('.') ?? null]);
  }

  /** The codes of the GraphQL errors; nothing if there are none. */
  async fails<R, V>(document: TypedDocumentNode<R, V>, ...[variables]: VariablesOf<V>): Promise<string[]> {
    return codesOf((await this.ask(document, variables)).body.errors);
  }

  /** The whole answer. While the server is overloaded, which it says before it does anything, asks again. */
  async ask<R, V>(document: TypedDocumentNode<R, V>, variables?: V): Promise<Answer<R>> {
    const deadline = performance.now() + longestOverload;
    for (;;) {
      const answer = await this.askOnce(document, variables);
      if (!isOverload(answer) || performance.now() > deadline) return answer;
      await delay(pause);
    }
  }

  /** The whole answer, also if the server is overloaded. */
  askOnce<R, V>(document: TypedDocumentNode<R, V>, variables?: V): Promise<Answer<R>> {
    return this.post({ query: print(document), variables });
  }

  /** Sends any JSON as a request. */
  post<R = Record<string, unknown>>(request: unknown): Promise<Answer<R>> {
    return this.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  }

  /** Any request at all; the answer is JSON. */
  async fetch<R>(path: string, { headers, ...init }: RequestInit): Promise<Answer<R>> {
    const response = await fetch(this.url + path, {
      ...init,
      headers: { ...this.headers, ...Object.fromEntries(new Headers(headers)) },
    });
    const body: Answer<R>['body'] = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body };
  }
}

/** Whether the request was refused before anything was done for it, and the answer says when to ask again. */
function isOverload({ headers, body }: Answer<unknown>): boolean {
  const { code, retryAfter } = body.errors?.[0]?.extensions ?? {};
  return code === 'SERVICE_UNAVAILABLE' && (retryAfter !== undefined || headers.has('retry-after'));
}

/** The codes of GraphQL errors, in their order. */
export function codesOf(errors: readonly GraphQLFormattedError[] = []): string[] {
  return errors.map(({ extensions }) => String(extensions?.code));
}

/** The name of the first operation of a document. */
export function nameOf(document: DocumentNode): string {
  for (const definition of document.definitions) {
    if ('name' in definition && definition.name) return definition.name.value;
  }
  return 'An operation without a name';
}

function payloadOf<R extends Mutation>(data: R): R[keyof R] | undefined {
  for (const field in data) return data[field];
  return undefined;
}

function isWhole<Payload extends { readonly userErrors: readonly UserError[] }>(
  payload: Payload,
): payload is Payload & Whole<Payload> {
  return payload.userErrors.length === 0 && Object.values(payload).every((value) => value !== null);
}
