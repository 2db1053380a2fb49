import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { CatchUp } from './catch-up.ts';
import type { Feed } from './feed.ts';
import { OperationReader } from './operation-reader.ts';
import type { Replays } from './replays.ts';
import { charge, give, type LiveOperation, type Member, type Subscriber } from './subscriber.ts';
import type { FeedSubscription } from './topic-feed.ts';
import type { LiveRecord } from './topics.ts';

export interface GroupOptions {
  readonly database: Db;
  readonly feed: Pick<Feed, 'subscribe'>;
  readonly log: Logger;
  /** Shared by all groups of the process. */
  readonly replays: Replays;
  /** Called when the last subscriber has left, or the group has ended. */
  readonly onIdle: () => void;
}

/** How many members are checked for room before the first of them is written to. */
const lookedAtTogether = 48;
/** Most events that wait to be rendered. If there are more, they are read from PostgreSQL when their turn comes. */
const mostWaiting = 1_000;

/**
 * The subscribers of one operation. Members who keep up are given each batch as it is rendered. Members who join with a
 * cursor, or whose socket was full, are given what they lack from PostgreSQL until they have caught up; those at nearby
 * positions share a page. A member's position says what it has, so no event is missing or sent twice.
 */
export class Group<S extends Subscriber> {
  readonly #operation: LiveOperation<S>;
  readonly #options: GroupOptions;
  readonly #members = new Set<Member<S>>();
  /** Members who have all that was handed on before the batch that is being rendered. */
  readonly #upToDate = new Set<Member<S>>();
  readonly #reader: OperationReader<S>;
  /** Holds the other members. */
  readonly #catchUp: CatchUp<S>;
  readonly #started: Promise<void>;
  #subscription: FeedSubscription | undefined;
  #waiting: LiveRecord[] = [];
  /** Records were dropped: those after `#delivered` are read from PostgreSQL. */
  #overflown = false;
  #delivered = 0;
  /** How many events have come. */
  #passed = 0;
  #rendering = false;
  #ended = false;

  constructor(operation: LiveOperation<S>, options: GroupOptions) {
    this.#operation = operation;
    this.#options = options;
    this.#reader = new OperationReader(operation, options);
    this.#catchUp = new CatchUp({
      reader: this.#reader,
      replays: options.replays,
      position: () => this.#position,
      passed: () => this.#passed,
      onCaughtUp: (member) => void this.#upToDate.add(member),
      onFailed: (member, error) => {
        this.#leave(member);
        member.subscriber.end(error);
      },
    });
    this.#started = this.#start();
    this.#started.catch((error: unknown) => this.#end(error));
  }

  /** How many subscribers it has. */
  get size(): number {
    return this.#members.size;
  }

  join(subscriber: S, from: number): () => void {
    const member: Member<S> = { subscriber, position: from, left: false };
    this.#members.add(member);
    this.#started.then(
      () => this.#catchUp.add(member),
      // `#end` tells all members about the error.
      () => undefined,
    );
    return () => this.#leave(member);
  }

  async #start(): Promise<void> {
    const { topic, audience } = this.#operation.source;
    const subscription = await this.#options.feed.subscribe(topic, audience, {
      onRecords: (records) => this.#receive(records),
      onEnd: (error) => this.#end(error),
    });
    // Nobody is up to date yet. Members who will be have everything up to here.
    this.#delivered = subscription.position;
    this.#subscription = subscription;
    // Everyone left while the subscription was being opened.
    if (this.#ended) subscription.unsubscribe();
  }

  #receive(records: readonly LiveRecord[]): void {
    const accepted = records.filter((record) => this.#operation.source.accepts(record));
    if (this.#ended || accepted.length === 0) return;
    this.#passed += accepted.length;
    if (this.#waiting.length < mostWaiting) this.#waiting.push(...accepted);
    else {
      this.#overflown = true;
      this.#waiting = [];
    }
    this.#dropSlow();
    if (!this.#rendering) void this.#work();
  }

  #dropSlow(): void {
    for (const member of this.#catchUp.tooSlow()) {
      this.#leave(member);
      member.subscriber.tooSlow();
    }
  }

  /** Renders what waits, batch by batch. */
  async #work(): Promise<void> {
    this.#rendering = true;
    try {
      await this.#started;
      // Checked in the turn in which it stops: otherwise an event in between would wait for the next one.
      while (!this.#ended && (this.#waiting.length > 0 || this.#overflown)) {
        const batch = await this.#next();
        await this.#give(batch);
        this.#delivered = batch.at(-1)?.seq ?? this.#delivered;
      }
    } catch (error) {
      this.#end(error);
    }
    this.#rendering = false;
  }

  async #next(): Promise<LiveRecord[]> {
    return this.#overflown ? this.#nextDropped() : this.#waiting.splice(0, this.#reader.batchSize);
  }

  /** Reads the next records after some were dropped, from PostgreSQL. */
  async #nextDropped(): Promise<LiveRecord[]> {
    // More may be dropped while it reads.
    this.#overflown = false;
    const until = this.#position;
    const { records, end } = await this.#reader.page(this.#delivered, until, () => this.#ended);
    const batch = records.slice(0, this.#reader.batchSize);
    const read = batch.length < records.length ? (batch.at(-1)?.seq ?? end) : end;
    this.#delivered = read;
    this.#overflown ||= read < until;
    this.#waiting = this.#waiting.filter(({ seq }) => seq > read);
    return batch;
  }

  /** Gives members who are up to date the events that they lack. Those with a full socket catch up from PostgreSQL. */
  async #give(batch: readonly LiveRecord[]): Promise<void> {
    const last = batch.at(-1)?.seq;
    if (last === undefined || this.#upToDate.size === 0) return;
    const framesOf = await this.#reader.render(batch, this.#upToDate, () => this.#ended);
    // Members who have become up to date meanwhile have these events already, and are sent none of them.
    const members = [...this.#upToDate];
    charge(members, framesOf, this.#reader.cost);
    for (let start = 0; start < members.length; start += lookedAtTogether) {
      for (const member of roomyFirst(members.slice(start, start + lookedAtTogether))) {
        if (give(member, framesOf(member.subscriber), last)) continue;
        this.#upToDate.delete(member);
        this.#catchUp.addFull(member);
      }
    }
  }

  /** The group has received everything up to this seq. */
  get #position(): number {
    return this.#subscription?.position ?? 0;
  }

  #leave(member: Member<S>): void {
    member.left = true;
    this.#members.delete(member);
    this.#upToDate.delete(member);
    this.#catchUp.remove(member);
    if (this.#members.size === 0) this.#close();
  }

  #end(error?: unknown): void {
    const members = [...this.#members];
    this.#close();
    for (const member of members) {
      member.left = true;
      member.subscriber.end(error);
    }
  }

  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    for (const members of [this.#members, this.#upToDate, this.#catchUp]) members.clear();
    this.#subscription?.unsubscribe();
    this.#options.onIdle();
  }
}

/**
 * Members with room first. The state of thousands of sockets is in no cache of the processor. If several sockets are
 * checked together, it is fetched for all of them side by side. Fetching it for one socket at a time, between two
 * system calls, cost 6 % more.
 */
function roomyFirst<S extends Subscriber>(members: readonly Member<S>[]): readonly Member<S>[] {
  const { roomy = [], full = [] } = Object.groupBy(members, ({ subscriber }) =>
    subscriber.hasRoom() ? 'roomy' : 'full',
  );
  return full.length === 0 ? roomy : [...roomy, ...full];
}
