import { setTimeout as pause } from 'node:timers/promises';
import type { LimitFunction } from 'p-limit';
import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import type { Feed, FeedSubscription } from './feed.ts';
import type { LiveSource } from './live-source.ts';
import { pageSize, replayAudience } from './replay.ts';
import type { LiveRecord } from './topics.ts';

/** An event as it is sent. */
export interface Frame {
  readonly seq: number;
  readonly body: Buffer;
}

/** One who listens. No method may throw. */
export interface Subscriber {
  /** Takes frames, from the first on, as long as there is room for them. @returns how many it took */
  write(frames: readonly Frame[]): number;
  /** Whether `write` would take any. */
  hasRoom(): boolean;
  /** Resolves once there is room, or nobody is left to write to. */
  drained(): Promise<void>;
  /** It has not kept up, and is to be left. */
  tooSlow(): void;
  /** Nothing follows: the stream was closed or, with an error, can't go on. */
  end(error?: unknown): void;
}

/** What all subscribers of one group have asked for. */
export interface LiveOperation<S extends Subscriber> {
  /** The same for all that are answered alike: the operation, its variables and its source. */
  readonly key: string;
  readonly source: LiveSource;
  /**
   * Renders events for subscribers, once for all who may share the answer.
   * @param subscribers are gone through once, where not all get the same
   * @returns what each of them gets: fewer frames than events, where it may not hear of some
   * @throws the driver's error where the database is away: it is tried again then
   */
  render(
    records: readonly LiveRecord[],
    subscribers: Iterable<S>,
  ): Promise<(subscriber: S) => readonly Frame[]>;
}

export interface GroupOptions {
  readonly database: Db;
  readonly feed: Pick<Feed, 'subscribe'>;
  readonly log: Logger;
  /** Pages that are read from PostgreSQL for those who catch up, a few at a time in the whole process. */
  readonly inTurn: LimitFunction;
  /** Called when the last subscriber has left, or the group has ended. */
  readonly onIdle: () => void;
}

interface Member<S> {
  readonly subscriber: S;
  /** Everything up to this seq was given. */
  position: number;
  left: boolean;
}

/** Whether nobody waits any more for what is tried again and again. */
type IsOver = () => boolean;

/** Events that are rendered at once. */
const batchSize = 100;
/** Members who are looked at before the first of them is written to. */
const lookedAtTogether = 48;
/** Events that wait to be rendered; past it they are read from PostgreSQL when their turn comes. */
const mostWaiting = 1_000;
/** Events by which a subscriber may lag behind. */
const mostBehind = 1_000;

/**
 * Those who have subscribed to the same. Members who keep up are given each batch as it is rendered. Those who come
 * with a cursor, or whose socket was full, are given what they lack from PostgreSQL, who stands near another by the same
 * page, until they have caught up: a member's position says what it has, so that there is neither gap nor double.
 */
export class Group<S extends Subscriber> {
  readonly #operation: LiveOperation<S>;
  readonly #options: GroupOptions;
  readonly #members = new Set<Member<S>>();
  /** Members who have all that was handed on before the batch that is being rendered. */
  readonly #upToDate = new Set<Member<S>>();
  /** Members who lack something and have room for it, in the order of their turns. */
  readonly #behind = new Set<Member<S>>();
  /** Where the group stood when these could take no more; not of those who have come with a cursor. */
  readonly #laggingSince = new Map<Member<S>, number>();
  readonly #started: Promise<void>;
  #subscription: FeedSubscription | undefined;
  #waiting: LiveRecord[] = [];
  /** Records were dropped: what comes after `#delivered` is read from PostgreSQL. */
  #overflown = false;
  #delivered = 0;
  /** How many events have come. */
  #passed = 0;
  #rendering = false;
  #replaying = false;
  #ended = false;

  constructor(operation: LiveOperation<S>, options: GroupOptions) {
    this.#operation = operation;
    this.#options = options;
    this.#started = this.#start();
    this.#started.catch((error: unknown) => this.#end(error));
  }

  /** How many listen. */
  get size(): number {
    return this.#members.size;
  }

  join(subscriber: S, from: number): () => void {
    const member: Member<S> = { subscriber, position: from, left: false };
    this.#members.add(member);
    this.#started.then(
      () => this.#resume(member),
      // All members hear of it.
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
    // Nobody is up to date yet: whoever will be has all until here.
    this.#delivered = subscription.position;
    this.#subscription = subscription;
    // Everybody has left while it was opened.
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
    for (const [member, since] of this.#laggingSince) {
      if (this.#passed - since <= mostBehind) continue;
      this.#leave(member);
      member.subscriber.tooSlow();
    }
  }

  /** Renders what waits, batch by batch. */
  async #work(): Promise<void> {
    this.#rendering = true;
    try {
      await this.#started;
      // Looked at in the turn in which it stops: what came a moment before would wait for the next event.
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
    return this.#overflown ? this.#nextDropped() : this.#waiting.splice(0, batchSize);
  }

  /** Reads on from PostgreSQL, where records were dropped. */
  async #nextDropped(): Promise<LiveRecord[]> {
    // More may be dropped while it reads.
    this.#overflown = false;
    const until = this.#position;
    const { records, end } = await this.#page(this.#delivered, until, () => this.#ended);
    const batch = records.slice(0, batchSize);
    const read = batch.length < records.length ? (batch.at(-1)?.seq ?? end) : end;
    this.#delivered = read;
    this.#overflown ||= read < until;
    this.#waiting = this.#waiting.filter(({ seq }) => seq > read);
    return batch;
  }

  /** Gives who is up to date what they do not have yet; who can't take it all goes on from PostgreSQL. */
  async #give(batch: readonly LiveRecord[]): Promise<void> {
    const last = batch.at(-1)?.seq;
    if (last === undefined || this.#upToDate.size === 0) return;
    const framesOf = await this.#render(batch, this.#upToDate, () => this.#ended);
    // Who has become it meanwhile has these events, and is given none of them.
    const members = [...this.#upToDate];
    for (let start = 0; start < members.length; start += lookedAtTogether) {
      for (const member of roomyFirst(members.slice(start, start + lookedAtTogether))) {
        if (this.#write(member, framesOf(member.subscriber), last)) continue;
        this.#upToDate.delete(member);
        this.#laggingSince.set(member, this.#passed);
        void this.#resumeOnceDrained(member);
      }
    }
  }

  /** @returns false where there was no room for all */
  #write(member: Member<S>, frames: readonly Frame[], last: number): boolean {
    const [first] = frames;
    const has = first !== undefined && first.seq <= member.position;
    const fresh = has ? frames.filter(({ seq }) => seq > member.position) : frames;
    const taken = fresh.length === 0 ? 0 : member.subscriber.write(fresh);
    const whole = taken === fresh.length;
    member.position = Math.max(member.position, whole ? last : (fresh[taken - 1]?.seq ?? 0));
    return whole;
  }

  async #resumeOnceDrained(member: Member<S>): Promise<void> {
    await member.subscriber.drained();
    this.#resume(member);
  }

  /** Has a member with room be given what comes, or first what it lacks. */
  #resume(member: Member<S>): void {
    if (member.left) return;
    if (member.position < this.#position) {
      this.#behind.add(member);
      if (!this.#replaying) void this.#replay();
      return;
    }
    // In the same turn as the look at the position: what comes from here on is given to it by the group.
    this.#laggingSince.delete(member);
    this.#upToDate.add(member);
  }

  /** Gives those who are behind what they lack, a page at a time. */
  async #replay(): Promise<void> {
    this.#replaying = true;
    while (this.#behind.size > 0) await this.#options.inTurn(() => this.#replayPage());
    this.#replaying = false;
  }

  async #replayPage(): Promise<void> {
    // Everybody has left while others had their turn.
    if (this.#behind.size === 0) return;
    const [until, passed] = [this.#position, this.#passed];
    const start = this.#nextStart();
    let readers = [...this.#behind].filter(({ position }) => position === start);
    const isOver = () => readers.every(({ left }) => left);
    try {
      const { records, end } = await this.#page(start, until, isOver);
      readers = [...this.#behind].filter(({ position }) => position >= start && position < end);
      for (let at = 0; at < records.length && readers.length > 0; at += batchSize) {
        const batch = records.slice(at, at + batchSize);
        const framesOf = await this.#render(batch, readers, isOver);
        readers = readers.filter((member) => this.#writeBehind(member, framesOf, batch.at(-1)?.seq ?? end));
      }
      for (const member of readers) {
        this.#behind.delete(member);
        member.position = Math.max(member.position, end);
        if (end === until && this.#laggingSince.has(member)) this.#laggingSince.set(member, passed);
        this.#resume(member);
      }
    } catch (error) {
      for (const member of readers) this.#fail(member, error);
    }
  }

  /** Where the next page begins: with whose turn it is, or before it, where another stands near. */
  #nextStart(): number {
    const [next] = this.#behind;
    const turn = next?.position ?? 0;
    return this.#behind
      .values()
      .map(({ position }) => position)
      .filter((position) => position > turn - pageSize / 2)
      .reduce((least, position) => Math.min(least, position), turn);
  }

  /** @returns whether the member goes on with the page */
  #writeBehind(member: Member<S>, framesOf: (subscriber: S) => readonly Frame[], last: number): boolean {
    if (member.left) return false;
    if (this.#write(member, framesOf(member.subscriber), last)) return true;
    this.#behind.delete(member);
    void this.#resumeOnceDrained(member);
    return false;
  }

  /** The next accepted records, and how far they reach. */
  async #page(after: number, until: number, isOver: IsOver): Promise<{ records: LiveRecord[]; end: number }> {
    const { database } = this.#options;
    const { topic, audience } = this.#operation.source;
    const page = await this.#untilAvailable(
      () => replayAudience(database, topic, audience, { after, until }),
      isOver,
    );
    const last = page.at(-1);
    return {
      records: page.filter((record) => this.#operation.source.accepts(record)),
      end: last === undefined || page.length < pageSize ? until : last.seq,
    };
  }

  #render(records: readonly LiveRecord[], members: Iterable<Member<S>>, isOver: IsOver) {
    return this.#untilAvailable(
      () =>
        this.#operation.render(
          records,
          Iterator.from(members).map(({ subscriber }) => subscriber),
        ),
      isOver,
    );
  }

  /** While the database is away nothing is skipped: it is asked again until it is back, or nobody waits any more. */
  async #untilAvailable<T>(work: () => Promise<T>, isOver: IsOver): Promise<T> {
    for (let delay = 50; ; delay = Math.min(delay * 2, 1_000)) {
      try {
        return await work();
      } catch (error) {
        if (isOver() || !isDatabaseUnavailable(error)) throw error;
        this.#options.log.debug({ err: error }, 'live events wait for the database');
      }
      await pause(delay, undefined, { ref: false });
    }
  }

  /** Everything up to this seq has come. */
  get #position(): number {
    return this.#subscription?.position ?? 0;
  }

  #fail(member: Member<S>, error: unknown): void {
    if (member.left) return;
    this.#leave(member);
    member.subscriber.end(error);
  }

  #leave(member: Member<S>): void {
    member.left = true;
    this.#members.delete(member);
    this.#upToDate.delete(member);
    this.#behind.delete(member);
    this.#laggingSince.delete(member);
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
    for (const members of [this.#members, this.#upToDate, this.#behind, this.#laggingSince]) members.clear();
    this.#subscription?.unsubscribe();
    this.#options.onIdle();
  }
}

/**
 * Those with room first. What thousands of sockets consist of is in no cache of the processor: for those who are looked
 * at together it is fetched side by side, and not for one after the other between two system calls, which cost 6 % more.
 */
function roomyFirst<S extends Subscriber>(members: readonly Member<S>[]): readonly Member<S>[] {
  const { roomy = [], full = [] } = Object.groupBy(members, ({ subscriber }) =>
    subscriber.hasRoom() ? 'roomy' : 'full',
  );
  return full.length === 0 ? roomy : [...roomy, ...full];
}
