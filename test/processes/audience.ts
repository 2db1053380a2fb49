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

/** An event of a post, as PostgreSQL has it and as a client is to get it. */
export interface PostEvent {
  readonly seq: number;
  readonly action: string;
  readonly postId: string;
  readonly authorId: string;
}

/** What one of the audience wants to hear. */
export interface Interest {
  /** Of `postChanged`, with `cursor`, `action` and `postId`. */
  readonly document: DocumentNode;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Left out, nobody. */
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

/** Clients that come back with their last cursor, each on a socket of its own, to whichever instance they are sent. */
export class Audience {
  /** Why subscriptions ended that were to go on. */
  readonly ends: unknown[] = [];
  /** The codes with which sockets were closed that had been open. */
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

  /** How many sockets there are. */
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

  /** Cuts so many connections off, at random. */
  cut(count: number): void {
    const sockets = [...this.#open];
    for (let cut = 0; cut < count; cut++) sockets[Math.floor(Math.random() * sockets.length)]?.terminate();
  }

  /** Waits until everyone has what they wanted. Gives what is wrong with it. */
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

/** All that was committed, in the order of the stream. */
export function committedEvents({ sql }: Site): Promise<PostEvent[]> {
  return sql<PostEvent>(
    `select seq::int, payload->>'action' as action, payload->>'postId' as "postId", payload->>'authorId' as "authorId"
     from live_event where topic = 'post_changed' order by seq`,
  );
}
