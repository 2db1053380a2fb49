import { type DocumentNode, print } from 'graphql';
import { WebSocket } from 'ws';
import { createLiveClient, listen } from '../../examples/live-client.ts';
import { parseId } from '../../src/domain/ids.ts';
import { eventually } from '../kit/eventually.ts';
import { seqOf } from '../kit/live-seq.ts';
import type { Person } from '../kit/seed.ts';
import type { Site } from '../kit/site.ts';
import { whenDone } from '../kit/when-done.ts';
import type { Balancer } from './writer.ts';

/** A live event of a post, as stored in PostgreSQL and as a client should receive it. */
export interface PostEvent {
  readonly seq: number;
  readonly action: string;
  readonly postId: string;
  readonly authorId: string;
}

/** What one client of the audience subscribes to. */
export interface Interest {
  /** A subscription to `postChanged` with `cursor`, `action` and `postId`. */
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Nobody by default. */
  readonly person?: Person;
  wants(event: PostEvent): boolean;
}

interface Received {
  readonly cursor: string;
  readonly action: string;
  readonly postId: string;
}

interface Listening {
  readonly interest: Interest;
  readonly events: string[];
}

/** Clients that resume from their last cursor, each on its own socket, at the instance to which they are sent. */
export class Audience {
  /** The reasons why subscriptions ended that should have gone on. */
  readonly ends: unknown[] = [];
  /** The closing codes of sockets that had been open. */
  readonly closings: number[] = [];
  readonly #open = new Set<WebSocket>();
  readonly #listening: Listening[] = [];
  readonly #webSocketImpl: unknown;

  constructor(next: Balancer) {
    const open = this.#open;
    const { closings } = this;
    this.#webSocketImpl = class extends WebSocket {
      constructor(_url: string, protocol: string) {
        super(`${next().replace('http', 'ws')}/graphql`, protocol);
        open.add(this);
        this.once('open', () => this.once('close', (code) => closings.push(code)));
        this.once('close', () => open.delete(this));
      }
    };
  }

  /** The number of open sockets. */
  get size(): number {
    return this.#open.size;
  }

  join(interest: Interest, after: string): void {
    const { document, variables = {}, person } = interest;
    const client = createLiveClient({
      url: 'ws://wherever',
      connectionParams: person ? async () => ({ authorization: `Bearer ${person.accessToken}` }) : {},
      webSocketImpl: this.#webSocketImpl,
    });
    const events: string[] = [];
    const stop = listen<Received>(
      client,
      print(document),
      { ...variables, after },
      {
        onEvent: ({ cursor, action, postId }) =>
          events.push(`${seqOf(cursor)} ${action} ${parseId(postId).uuid}`),
        onEnd: (reason) => this.ends.push(reason),
      },
    );
    this.#listening.push({ interest, events });
    whenDone(stop);
  }

  /** Cuts `count` random connections. */
  cut(count: number): void {
    const sockets = [...this.#open];
    for (let cut = 0; cut < count; cut++) sockets[Math.floor(Math.random() * sockets.length)]?.terminate();
  }

  /** Waits until everyone has what they wanted. Returns what is wrong. */
  async shortcomings(committed: readonly PostEvent[]): Promise<string[]> {
    const expected = this.#listening.map(({ interest, events }) => ({
      events,
      wanted: committed.filter((event) => interest.wants(event)).map(textOf),
    }));
    await eventually(() => expected.every(({ events, wanted }) => events.length >= wanted.length)).catch(
      () => undefined,
    );
    const found: string[] = [];
    for (const { events, wanted } of expected) {
      const first = wanted.findIndex((event, index) => event !== events[index]);
      const at = first < 0 && events.length > wanted.length ? wanted.length : first;
      if (at >= 0)
        found.push(
          `${events.length} events of ${wanted.length}; number ${at} is ${events[at]}, not ${wanted[at]}`,
        );
    }
    return found;
  }
}

function textOf({ seq, action, postId }: PostEvent): string {
  return `${seq} ${action} ${postId}`;
}

/** Everything committed, in the order of the stream. */
export function committedEvents({ sql }: Site): Promise<PostEvent[]> {
  return sql<PostEvent>(
    `select seq::int, payload->>'action' as action, payload->>'postId' as "postId", payload->>'authorId' as "authorId"
     from live_event where topic = 'post_changed' order by seq`,
  );
}
