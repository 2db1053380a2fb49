import type { Logger } from 'pino';
import type { Db } from '../database/database.ts';
import { unhurried } from '../database/patience.ts';
import { currentSeq } from './cursor.ts';
import type { LiveMessage, MessageBus } from './message-bus.ts';
import { CursorExpired, replayTopic } from './replay.ts';
import type { LiveRecord, Topic } from './topics.ts';

/** Must not throw. */
export interface FeedListener {
  /** Receives the records of the audience that came together, in order. */
  onRecords(records: readonly LiveRecord[]): void;
  /** Nothing follows: the feed was closed or, if there is an error, has a gap that cannot be filled. */
  onEnd(error?: CursorExpired): void;
}

/** A listener's place in a topic. */
export interface FeedSubscription {
  /** Everything up to this seq has passed; later events go to the listener. It moves on with the topic. */
  readonly position: number;
  unsubscribe(): void;
}

export interface TopicFeedOptions {
  readonly database: Db;
  readonly bus: MessageBus;
  readonly log: Logger;
  /** Called when messages of the bus may have been missed. */
  readonly onReady: () => void;
  /** Called when the last listener has left. */
  readonly onIdle: () => void;
  /** Called when the feed cannot go on; then it has to be closed with the error. */
  readonly onBroken: (error: CursorExpired) => void;
}

/** Most messages that wait while the feed reads from PostgreSQL. If there are more, they are read from there too. */
const inboxSize = 10_000;

/**
 * One topic's events in this process: in order, each once, without gaps. Messages that follow the last one are handed
 * on as they come. If one is missing, everything from there on is read from PostgreSQL, while new messages wait.
 */
export class TopicFeed {
  /** Resolves when every later event will be handed on; rejects if PostgreSQL cannot be asked. */
  readonly started: Promise<void>;
  readonly #listeners = new Map<string, Set<FeedListener>>();
  readonly #leave: () => void;
  #inbox: LiveMessage[] = [];
  #handedOn = 0;
  /** The topic is known to have events up to here. */
  #wanted = 0;
  #reading = true;
  #closed = false;
  readonly #topic: Topic;
  readonly #options: TopicFeedOptions;

  constructor(topic: Topic, options: TopicFeedOptions) {
    this.#topic = topic;
    this.#options = options;
    // First the bus, then the position: what comes in between waits in the inbox.
    this.#leave = options.bus.subscribe(topic, {
      onMessages: (messages) => this.#receive(messages),
      onReady: options.onReady,
    });
    this.started = this.#start();
  }

  /** Every event of the topic up to this seq was handed on; later ones were not. */
  get position(): number {
    return this.#handedOn;
  }

  get listenerCount(): number {
    return this.#listeners.values().reduce((count, listeners) => count + listeners.size, 0);
  }

  add(audience: string, listener: FeedListener): FeedSubscription {
    const listeners = this.#listeners.get(audience) ?? new Set();
    this.#listeners.set(audience, listeners.add(listener));
    return new TopicSubscription(this, audience, listener);
  }

  remove(audience: string, listener: FeedListener): void {
    const listeners = this.#listeners.get(audience);
    if (listeners?.delete(listener) && listeners.size === 0) this.#listeners.delete(audience);
    if (this.#listeners.size === 0 && !this.#closed) this.#options.onIdle();
  }

  /**
   * Takes the positions that PostgreSQL has for the topic and the whole stream, from one snapshot. If events of the
   * topic were missed, they are read. If not, the feed has seen everything up to the end of the whole stream.
   */
  compare({ topic, whole }: { topic: number; whole: number }): void {
    if (topic > this.#handedOn) this.#readUntil(topic);
    else if (!this.#reading) this.#handedOn = Math.max(this.#handedOn, whole);
  }

  close(error?: CursorExpired): void {
    this.#closed = true;
    this.#leave();
    this.#inbox = [];
    const left = [...this.#listeners.values()].flatMap((listeners) => [...listeners]);
    this.#listeners.clear();
    for (const listener of left) listener.onEnd(error);
  }

  async #start(): Promise<void> {
    this.#handedOn = await currentSeq(this.#options.database);
    this.#resume();
  }

  #receive(messages: readonly LiveMessage[]): void {
    if (this.#closed) return;
    if (this.#reading) this.#keep(messages);
    else this.#accept(messages);
  }

  #keep(messages: readonly LiveMessage[]): void {
    this.#inbox.push(...messages);
    if (this.#inbox.length <= inboxSize) return;
    this.#wanted = Math.max(this.#wanted, this.#inbox.at(-1)?.[0] ?? 0);
    this.#inbox = [];
  }

  #accept(messages: readonly LiveMessage[]): void {
    const records: LiveRecord[] = [];
    for (const [index, message] of messages.entries()) {
      const [seq, previous, audience, payload, occurredAt] = message;
      if (seq <= this.#handedOn) continue;
      if (previous > this.#handedOn) {
        this.#keep(messages.slice(index));
        this.#readUntil(previous);
        break;
      }
      this.#handedOn = seq;
      if (!this.#listeners.has(audience)) continue;
      records.push({ seq, topic: this.#topic, audience, payload, occurredAt: new Date(occurredAt) });
    }
    this.#handOn(records);
  }

  #readUntil(seq: number): void {
    this.#wanted = Math.max(this.#wanted, seq);
    if (!this.#reading && !this.#closed) void unhurried(() => this.#read());
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#handedOn < this.#wanted && !this.#closed) await this.#readPage();
    } catch (error) {
      if (error instanceof CursorExpired) return this.#options.onBroken(error);
      this.#options.log.warn(
        { err: error, topic: this.#topic },
        'missed live events could not be read; the next poll will retry',
      );
      this.#wanted = 0;
      this.#inbox = [];
    }
    this.#resume();
  }

  async #readPage(): Promise<void> {
    const records = await replayTopic(this.#options.database, this.#topic, this.#handedOn);
    const last = records.at(-1);
    // PostgreSQL numbers events before anyone sends them: a message that it does not know belongs to another stream.
    if (!last) throw new Error(`There is no event ${this.#wanted} in PostgreSQL.`);
    if (this.#closed) return;
    this.#handedOn = last.seq;
    this.#handOn(records);
  }

  #resume(): void {
    this.#reading = false;
    const waiting = this.#inbox;
    this.#inbox = [];
    this.#accept(waiting);
    if (this.#wanted > this.#handedOn) this.#readUntil(this.#wanted);
  }

  /** Messages arrive in a listener of the Redis connection: an exception there would end the process. */
  #tell(listener: FeedListener, records: readonly LiveRecord[]): void {
    try {
      listener.onRecords(records);
    } catch (error) {
      this.#options.log.error({ err: error, topic: this.#topic }, 'a listener failed to handle a live event');
    }
  }

  #handOn(records: readonly LiveRecord[]): void {
    for (const [audience, own] of Map.groupBy(records, (record) => record.audience)) {
      for (const listener of this.#listeners.get(audience) ?? []) this.#tell(listener, own);
    }
  }
}

/** Every signed-in socket has one. Its methods are on the prototype: closures would cost memory per socket. */
class TopicSubscription implements FeedSubscription {
  readonly #feed: TopicFeed;
  readonly #audience: string;
  readonly #listener: FeedListener;

  constructor(feed: TopicFeed, audience: string, listener: FeedListener) {
    this.#feed = feed;
    this.#audience = audience;
    this.#listener = listener;
  }

  get position(): number {
    return this.#feed.position;
  }

  unsubscribe(): void {
    this.#feed.remove(this.#audience, this.#listener);
  }
}
