import type { Logger } from 'pino';
import { AskedTogether } from '../database/asked-together.ts';
import type { Database } from '../database/database.ts';
import { redisPrefixOf } from '../database/redis.ts';
import type { WatchOptions } from '../database/redis-watchdog.ts';
import type { Signals } from '../database/signals.ts';
import { type CursorState, checkCursors, isSeq } from './cursor.ts';
import { Feed } from './feed.ts';
import { InProcessBus } from './in-process-bus.ts';
import { LiveSource, type LiveSourceOptions } from './live-source.ts';
import type { MessageBus } from './message-bus.ts';
import { Outbox } from './outbox.ts';
import { RedisBus } from './redis-bus.ts';
import { Relay, type RelayLag } from './relay.ts';
import type { Topic } from './topics.ts';

export interface PubSubOptions {
  readonly database: Database;
  readonly signals: Signals;
  readonly log: Logger;
  /** If left out, this process serves alone. */
  readonly redisUrl?: string | undefined;
  readonly redisPrefix?: string | undefined;
  /** If left out, a connection to Redis that has gone silent is replaced within five seconds. */
  readonly redisWatch?: WatchOptions | undefined;
  /** How long a cursor is valid, in ms. */
  readonly retentionMs: number;
  /** The longest delay of an event whose NOTIFY or message was lost, in ms. */
  readonly pollMs?: number | undefined;
}

export interface PubSub {
  /** Services publish to it. */
  readonly outbox: Outbox;
  /**
   * Where one subscription's events come from. They include everything that commits after this has resolved, and
   * perhaps what committed a moment before.
   */
  source<T extends Topic>(options: LiveSourceOptions<T>): Promise<LiveSource>;
  /** The seq that the stream has reached: the cursor for what comes from now on. */
  currentSeq(): Promise<number>;
  /** Whether a stream can begin after this seq. */
  checkCursor(seq: number): Promise<CursorState>;
  /** What the hub listens to, for code that listens to a topic itself. */
  readonly feed: Feed;
  ready(): { redis: boolean };
  /** @throws Error while Redis is unreachable */
  checkRedis(): Promise<void>;
  lag(): Promise<RelayLag>;
  /** Ends all subscriptions, waits for the running batch and leaves Redis. Call it before the database is closed. */
  close(): Promise<void>;
}

const channel = 'questline_live';
/** The longest delay of an event without Redis, in ms: the sockets of an ended session are closed within a second. */
const slowestFeed = 500;

/**
 * Starts live events: the relay, the bus and the feed.
 * @throws the driver's error if PostgreSQL cannot be reached. Redis may be unreachable, now or later.
 */
export async function createPubSub(options: PubSubOptions): Promise<PubSub> {
  const { database, signals, log, retentionMs, pollMs = 1_000 } = options;
  const bus = await openBus(options);
  const relay = new Relay({ database, bus, log, pollMs, retentionMs });
  const stopListening = signals.listen(channel, () => relay.wake());
  const outbox = new Outbox(() => signals.notify(channel));
  const feed = new Feed({ database, bus, log, pollMs: Math.min(pollMs, slowestFeed) });
  const states = new AskedTogether<number, CursorState>((seqs) => checkCursors(database, seqs, retentionMs));
  return {
    feed,
    outbox,
    source: async (wanted) => LiveSource.of(wanted, wanted.after ?? (await feed.positionOf(wanted.topic))),
    currentSeq: () => feed.currentSeq(),
    checkCursor: async (seq) => (isSeq(seq) ? states.ask(seq) : 'AHEAD'),
    ready: () => ({ redis: bus.ready }),
    async checkRedis() {
      if (!bus.ready) throw new Error('Redis is away.');
    },
    lag: () => relay.lag(),
    async close() {
      stopListening();
      await relay.close();
      await feed.close();
      await bus.close();
    },
  };
}

async function openBus({
  database,
  log,
  redisUrl,
  redisPrefix = 'questline:',
  redisWatch: watch,
}: PubSubOptions): Promise<MessageBus> {
  if (redisUrl === undefined) return new InProcessBus();
  // Two databases on one Redis must not mix their streams: the seqs of one would hide events of the other.
  const prefix = await redisPrefixOf(database, redisPrefix);
  return new RedisBus({ url: redisUrl, prefix, log, watch });
}
