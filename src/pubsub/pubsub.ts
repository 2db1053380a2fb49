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
  /** Left out, this process serves alone. */
  readonly redisUrl?: string | undefined;
  readonly redisPrefix?: string | undefined;
  /** Left out, a connection to Redis that has fallen silent is replaced within five seconds. */
  readonly redisWatch?: WatchOptions | undefined;
  /** How long a cursor is good, in ms. */
  readonly retentionMs: number;
  /** How late an event is at most whose NOTIFY or message was lost, in ms. */
  readonly pollMs?: number | undefined;
}

export interface PubSub {
  /** What services publish to. */
  readonly outbox: Outbox;
  /**
   * Where one subscription's events come from. All that is committed after this has resolved belongs to it; so may
   * what was committed a moment before.
   */
  source<T extends Topic>(options: LiveSourceOptions<T>): Promise<LiveSource>;
  /** Where the stream stands: the cursor for what comes from now on. */
  currentSeq(): Promise<number>;
  /** Whether a stream can begin after this seq. */
  checkCursor(seq: number): Promise<CursorState>;
  /** What the hub hears, for who listens to a topic itself. */
  readonly feed: Feed;
  ready(): { redis: boolean };
  /** @throws while Redis is away */
  checkRedis(): Promise<void>;
  lag(): Promise<RelayLag>;
  /** Ends all subscriptions, waits for the running batch, and leaves Redis; before the database is closed. */
  close(): Promise<void>;
}

const channel = 'questline_live';
/** How late an event is at most without Redis, in ms: within a second the sockets of an ended session are closed. */
const slowestFeed = 500;

/**
 * Starts live events: the relay, the bus and what listens to it.
 * @throws the driver's error where PostgreSQL can't be reached. Redis may be away, now or later.
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
  // A Redis that serves two databases must not mix their streams, whose seqs would hide each other's events.
  const prefix = await redisPrefixOf(database, redisPrefix);
  return new RedisBus({ url: redisUrl, prefix, log, watch });
}
