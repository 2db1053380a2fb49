import type { Logger } from 'pino';
import { AskedTogether } from '../database/asked-together.ts';
import { BackgroundLoop } from '../database/background-loop.ts';
import type { Db } from '../database/database.ts';
import { Patience, withPatience } from '../database/patience.ts';
import { statement } from '../database/statement.ts';
import { currentSeq } from './cursor.ts';
import type { MessageBus } from './message-bus.ts';
import type { CursorExpired } from './replay.ts';
import { type FeedListener, type FeedSubscription, TopicFeed } from './topic-feed.ts';
import type { Topic } from './topics.ts';

export interface FeedOptions {
  readonly database: Db;
  readonly bus: MessageBus;
  readonly log: Logger;
  /** How often it asks PostgreSQL for what the bus may have lost, in ms; only while someone listens. */
  readonly pollMs: number;
}

const readPositions = statement<{ topic: string; seq: number }>(
  'feed.positions',
  `select topic, seq from live_position where topic = '*' or topic = any($1)`,
);

/** What the sockets of this process listen to: one stream for each topic, however many listen, split by audience. */
export class Feed {
  readonly #topics = new Map<Topic, TopicFeed>();
  readonly #poll: BackgroundLoop;
  readonly #positions: AskedTogether<null, number>;
  readonly #options: FeedOptions;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { database, pollMs, log } = options;
    this.#positions = new AskedTogether(async (all) => {
      const seq = await currentSeq(database);
      return all.map(() => seq);
    });
    this.#poll = new BackgroundLoop({
      name: 'the poll of live events',
      everyMs: pollMs,
      log,
      step: () => this.#compare(),
    });
  }

  /**
   * Hands on the events of one audience: everything that commits after this has resolved, and perhaps what committed a
   * moment before and had no seq yet.
   * @param audience a UUID in lower case
   * @throws the driver's error if nobody listened to the topic yet and PostgreSQL cannot be asked for its position
   */
  async subscribe(topic: Topic, audience: string, listener: FeedListener): Promise<FeedSubscription> {
    const feed = this.#topics.get(topic) ?? this.#open(topic);
    const subscription = feed.add(audience, listener);
    try {
      await feed.started;
    } catch (error) {
      subscription.unsubscribe();
      throw error;
    }
    return subscription;
  }

  /**
   * A seq that is lower than that of everything that commits from now on.
   * @throws the driver's error if nobody listens to the topic and PostgreSQL cannot be asked
   */
  async positionOf(topic: Topic): Promise<number> {
    const feed = this.#topics.get(topic);
    if (feed === undefined) return this.currentSeq();
    await feed.started;
    return feed.position;
  }

  /**
   * The seq that the whole stream has reached.
   * @throws the driver's error if PostgreSQL cannot be asked
   */
  currentSeq(): Promise<number> {
    return this.#positions.ask(null);
  }

  /** How many listeners this process has. */
  get listenerCount(): number {
    return this.#topics.values().reduce((count, feed) => count + feed.listenerCount, 0);
  }

  /** Ends every listener's stream. */
  async close(): Promise<void> {
    await this.#poll.close();
    for (const [topic, feed] of this.#topics) this.#drop(topic, feed);
  }

  #open(topic: Topic): TopicFeed {
    const options = {
      ...this.#options,
      onReady: () => this.#poll.wake(),
      onIdle: () => this.#drop(topic, feed),
      onBroken: (error: CursorExpired) => this.#drop(topic, feed, error),
    };
    // Every request that comes before the start has ended waits for it, so it gets as much time as one request.
    const feed: TopicFeed = withPatience(new Patience(), () => new TopicFeed(topic, options));
    this.#topics.set(topic, feed);
    return feed;
  }

  #drop(topic: Topic, feed: TopicFeed, error?: CursorExpired): void {
    if (this.#topics.get(topic) === feed) this.#topics.delete(topic);
    feed.close(error);
  }

  async #compare(): Promise<boolean> {
    // The answer says nothing about topics that are opened meanwhile.
    const asked = [...this.#topics];
    if (asked.length === 0) return false;
    const rows = await this.#options.database.query(readPositions, [asked.map(([topic]) => topic)]);
    const positions = new Map(rows.map(({ topic, seq }) => [topic, seq]));
    const whole = positions.get('*') ?? 0;
    for (const [topic, feed] of asked) feed.compare({ topic: positions.get(topic) ?? 0, whole });
    return false;
  }
}
