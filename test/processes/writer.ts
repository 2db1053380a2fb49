import { setTimeout as delay } from 'node:timers/promises';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { CreatePostDocument, DeletePostDocument, UpdatePostDocument } from '../generated/operations.ts';
import { Client, codesOf } from '../kit/client.ts';
import type { Person } from '../kit/seed.ts';
import { unique } from '../kit/unique.ts';

/** Chooses where to send the next request: returns the address of an instance. */
export type Balancer = () => string;

/** A person who writes posts through the instances that the balancer chooses. */
export class Writer {
  /** Titles of the posts that the server confirmed. */
  readonly written: string[] = [];
  /** Answers that are neither a success nor a request to retry. */
  readonly failures: unknown[] = [];
  /** How often a request failed in a way that a retry may fix. */
  retriable = 0;
  readonly #person: Person;
  readonly #next: Balancer;

  constructor(person: Person, next: Balancer) {
    this.#person = person;
    this.#next = next;
  }

  /** Writes a post, changes it and deletes it; each request is repeated until it is answered. */
  async turn(): Promise<void> {
    const title = unique('Post ');
    const created = await this.#insist(() =>
      this.#send(CreatePostDocument, { input: { title, body: 'A few words.' } }),
    );
    const post = created?.createPost?.post;
    if (!post) return;
    const { id, version: expectedVersion } = post;
    // Refused if an earlier attempt had succeeded after all.
    await this.#insist(() =>
      this.#send(UpdatePostDocument, { input: { id, expectedVersion, body: 'A few more.' } }),
    );
    await this.#insist(() => this.#send(DeletePostDocument, { input: { id } }));
  }

  /** Tries once to write a post; without an answer, nobody knows whether it was written. */
  async writeOnce(): Promise<void> {
    const title = unique('Post ');
    const data = await this.#send(CreatePostDocument, { input: { title, body: 'A few words.' } });
    if (data === retriable) return;
    if (data?.createPost?.post) this.written.push(title);
  }

  async #insist<R>(send: () => Promise<R | typeof retriable>): Promise<R> {
    for (;;) {
      const answer = await send();
      if (answer !== retriable) return answer;
      await delay(50);
    }
  }

  async #send<R, V>(
    document: TypedDocumentNode<R, V>,
    variables: V,
  ): Promise<R | undefined | typeof retriable> {
    const again = (): typeof retriable => {
      this.retriable++;
      return retriable;
    };
    try {
      const { status, body } = await new Client(this.#next()).as(this.#person).ask(document, variables);
      const codes = codesOf(body.errors);
      if (status === 503 || codes.includes('SERVICE_UNAVAILABLE')) return again();
      if (!body.errors && body.data) return body.data;
      this.failures.push(body);
    } catch (error) {
      // What fetch throws if the connection was refused, or broke before the answer.
      if (error instanceof TypeError && error.cause instanceof Error) return again();
      this.failures.push(error);
    }
    return undefined;
  }
}

const retriable = Symbol('retriable');
