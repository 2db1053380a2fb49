import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis, type RedisOptions, ReplyError } from 'ioredis';
import type { Logger } from 'pino';
import { impatientConnection, lastingConnection } from '../database/redis.ts';
import { type WatchOptions, watchConnection } from '../database/redis-watchdog.ts';
import { Retries } from '../database/retries.ts';
import type { LiveBatch, LiveMessage, MessageBus, Receiver } from './message-bus.ts';
import type { Topic } from './topics.ts';

export interface RedisBusOptions {
  readonly url: string;
  /** Begins the name of every channel. The streams of two databases on one Redis must not share it. */
  readonly prefix: string;
  readonly log: Logger;
  /** How soon a connection that has gone silent is noticed. */
  readonly watch?: WatchOptions | undefined;
}

/** How long a new connection may take, in ms. */
const connectTimeout = 3_000;
/** Waits for Redis forever. With ioredis' own limit of 20 attempts its rejections would end the process after 13 s. */
const subscriberOptions: RedisOptions = {
  ...lastingConnection,
  connectTimeout,
  maxRetriesPerRequest: null,
  // The check is an INFO, which fails if a SUBSCRIBE was sent between connecting and the answer.
  enableReadyCheck: false,
  // It would not say which channels were refused.
  autoResubscribe: false,
};
/** What cannot be sent now is read from PostgreSQL. */
const publisherOptions: RedisOptions = {
  ...impatientConnection,
  connectTimeout,
  commandTimeout: 1_000,
};
/** Most batches on their way to a Redis that does not answer. */
const mostInFlight = 16;
/** How long joining or leaving a channel may take before messages count as lost, in ms. */
const longestJoin = 1_000;

/**
 * The bus for several processes: one Redis channel for each topic, subscribed to while this process has a receiver for
 * it. If Redis refuses a channel or a message, it is tried again for as long as it is wanted.
 */
export class RedisBus implements MessageBus {
  readonly #receivers = new Map<Topic, Receiver>();
  /** The ids that RedisPubSub returned. */
  readonly #subscriptions = new Map<Topic, number>();
  /** Topics whose channel is being joined or left, and since when. */
  readonly #settling = new Map<Topic, number>();
  /** Topics to whose channel Redis refused to subscribe. */
  readonly #refused = new Retries<Topic>((topic) => void this.#settle(topic));
  /** Topics on whose channel Redis refused to publish. */
  readonly #muted = new Retries<Topic>((topic) => void this.#sayNothing(topic));
  readonly #sending = new Set<Promise<unknown>>();
  readonly #subscriber: SubscriberConnection;
  readonly #publisher: Redis;
  readonly #redis: RedisPubSub;
  readonly #watches: readonly (() => void)[];
  #lost = false;
  #closed = false;
  readonly #options: RedisBusOptions;

  constructor(options: RedisBusOptions) {
    this.#options = options;
    this.#subscriber = new SubscriberConnection(options.url, subscriberOptions);
    this.#publisher = new Redis(options.url, publisherOptions);
    for (const client of [this.#subscriber, this.#publisher]) {
      client.on('error', (error) => this.#reportLost(error));
      client.on('close', () => this.#reportLost());
      client.on('ready', () => this.#reportBack());
    }
    this.#watches = [this.#subscriber, this.#publisher].map((client) =>
      watchConnection(client, options.watch),
    );
    this.#subscriber.on('ready', () => this.#joinAnew());
    this.#redis = new RedisPubSub({ subscriber: this.#subscriber, publisher: this.#publisher });
  }

  get ready(): boolean {
    const connected = this.#subscriber.status === 'ready' && this.#publisher.status === 'ready';
    if (!connected || this.#refused.size > 0 || this.#muted.size > 0) return false;
    return this.#settling.values().every((since) => performance.now() - since < longestJoin);
  }

  async publish(batch: LiveBatch): Promise<void> {
    if (this.#sending.size >= mostInFlight) throw new Error('Redis does not keep up with what is published.');
    const sent = Promise.all([...batch].map(([topic, messages]) => this.#send(topic, messages)));
    this.#sending.add(sent);
    try {
      await sent;
    } catch (error) {
      this.#reportLost(error);
      // There was no answer in time, from a connection that looks healthy. It is replaced, because everything that is
      // written to it would be kept.
      if (this.#publisher.status === 'ready' && !(error instanceof ReplyError))
        this.#publisher.stream.destroy();
      throw error;
    } finally {
      this.#sending.delete(sent);
    }
  }

  async #send(topic: Topic, messages: readonly LiveMessage[]): Promise<void> {
    try {
      await this.#redis.publish(this.#channelOf(topic), messages);
    } catch (error) {
      if (error instanceof ReplyError && !this.#closed) this.#muted.later(topic);
      throw error;
    }
    this.#muted.forget(topic);
    this.#reportBack();
  }

  /** Finds out whether Redis accepts messages again, because nothing else may be published for a long time. */
  async #sayNothing(topic: Topic): Promise<void> {
    try {
      await this.#send(topic, []);
    } catch {
      // It also retries without a connection: only an answer shows that Redis accepts messages again.
      if (!this.#closed) this.#muted.later(topic);
    }
  }

  subscribe(topic: Topic, receiver: Receiver): () => void {
    this.#receivers.set(topic, receiver);
    void this.#settle(topic);
    return () => {
      if (this.#receivers.get(topic) !== receiver) return;
      this.#receivers.delete(topic);
      void this.#settle(topic);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#receivers.clear();
    this.#refused.clear();
    this.#muted.clear();
    for (const stop of this.#watches) stop();
    await Promise.allSettled(this.#sending);
    this.#subscriber.disconnect();
    this.#publisher.disconnect();
  }

  #channelOf(topic: Topic): string {
    return `${this.#options.prefix}${topic}`;
  }

  /** Brings Redis in line with the receivers, one change of a topic at a time, however often receivers come and go. */
  async #settle(topic: Topic): Promise<void> {
    if (this.#settling.has(topic)) return;
    this.#settling.set(topic, performance.now());
    try {
      while (!this.#closed && this.#receivers.has(topic) !== this.#subscriptions.has(topic)) {
        if (this.#subscriptions.has(topic)) this.#leave(topic);
        else await this.#join(topic);
      }
      this.#refused.forget(topic);
    } catch (error) {
      this.#reportLost(error);
      if (!this.#closed && this.#receivers.has(topic)) this.#refused.later(topic);
      else this.#refused.forget(topic);
    } finally {
      this.#settling.delete(topic);
    }
    this.#reportBack();
  }

  async #join(topic: Topic): Promise<void> {
    const channel = this.#channelOf(topic);
    const onMessage = (messages: unknown) => this.#receive(topic, messages);
    await this.#subscriber.subscribe(channel);
    const id = await this.#subscriber.whenGranted(() => this.#redis.subscribe(channel, onMessage));
    this.#subscriptions.set(topic, id);
    this.#receivers.get(topic)?.onReady();
  }

  #leave(topic: Topic): void {
    const id = this.#subscriptions.get(topic);
    this.#subscriptions.delete(topic);
    if (id !== undefined) this.#redis.unsubscribe(id);
  }

  #receive(topic: Topic, messages: unknown): void {
    const receiver = this.#receivers.get(topic);
    if (isMessages(messages)) receiver?.onMessages(messages);
    else this.#options.log.warn({ topic }, 'an unknown message arrived over Redis');
  }

  /** A new connection has no channels yet, and Redis may refuse those that the last one had. */
  #joinAnew(): void {
    for (const topic of this.#subscriptions.keys()) this.#leave(topic);
    for (const topic of this.#receivers.keys()) void this.#settle(topic);
  }

  #reportLost(error?: unknown): void {
    if (this.#lost || this.#closed) return;
    this.#lost = true;
    // Only the message: an error of ioredis carries its command, which may be AUTH with the password.
    const reason = error instanceof Error ? error.message : undefined;
    this.#options.log.warn(
      { reason },
      'Redis is unreachable; live events come from PostgreSQL until it is back',
    );
  }

  #reportBack(): void {
    if (!this.#lost || !this.ready) return;
    this.#lost = false;
    this.#options.log.info('Redis is back');
  }
}

/**
 * A connection on which RedisPubSub (graphql-redis-subscriptions 2.7.0) cannot end the process.
 *
 * - RedisPubSub sends UNSUBSCRIBE without holding the promise. If the connection closes before the answer, the promise
 *   rejects unhandled (davidyaha/graphql-redis-subscriptions#593). ioredis does the same with what it sends again.
 * - If Redis refuses its SUBSCRIBE, a promise that it keeps for a second subscriber rejects unhandled (since
 *   davidyaha/graphql-redis-subscriptions#599), and it never forgets the subscription.
 *
 * So the SUBSCRIBE is sent without RedisPubSub, which then subscribes to a channel that this connection has already.
 */
class SubscriberConnection extends Redis {
  #isGranted = false;

  /** @param subscribe sends a SUBSCRIBE for a channel that Redis has just granted; it succeeds without being sent */
  whenGranted<T>(subscribe: () => T): T {
    this.#isGranted = true;
    try {
      return subscribe();
    } finally {
      this.#isGranted = false;
    }
  }

  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    const [command] = args;
    command.promise.catch(() => undefined);
    if (!this.#isGranted) return super.sendCommand(...args);
    command.resolve(null);
    return command.promise;
  }
}

function isMessages(value: unknown): value is readonly LiveMessage[] {
  return Array.isArray(value) && value.every((message) => Array.isArray(message) && message.length === 5);
}
