import { RedisPubSub } from 'graphql-redis-subscriptions';
import { Redis, type RedisOptions, ReplyError } from 'ioredis';
import type { Logger } from 'pino';
import { impatientConnection, lastingConnection } from '../database/redis.ts';
import type { Topic } from './topics.ts';
import type { LiveBatch, LiveMessage, Receiver, Transport } from './transport.ts';

export interface RedisTransportOptions {
  readonly url: string;
  /** Starts every channel's name. Streams of two databases on one Redis must not share it. */
  readonly prefix: string;
  readonly log: Logger;
}

/**
 * Waits for Redis for ever. With ioredis' own limit of 20 attempts its rejections would end the process after
 * 13 s.
 */
const subscriberOptions: RedisOptions = {
  ...lastingConnection,
  maxRetriesPerRequest: null,
  // The check is an INFO, which fails where a SUBSCRIBE has gone out between connecting and its answer.
  enableReadyCheck: false,
};
/** What can't be sent now is read from PostgreSQL. */
const publisherOptions: RedisOptions = { ...impatientConnection, commandTimeout: 1_000 };
/** Batches on their way to a Redis that does not answer. */
const mostInFlight = 16;

/**
 * For several processes: one Redis channel a topic, subscribed to while this process has a receiver for it.
 */
export class RedisTransport implements Transport {
  private readonly receivers = new Map<Topic, Receiver>();
  private readonly subscriptions = new Map<Topic, readonly number[]>();
  private readonly settling = new Set<Topic>();
  /** Topics whose channel this connection was not given; the next one is asked again. */
  private readonly refused = new Set<Topic>();
  private readonly sending = new Set<Promise<unknown>>();
  private readonly subscriber: Redis;
  private readonly publisher: Redis;
  private readonly redis: RedisPubSub;
  private lost = false;
  private closed = false;

  constructor(private readonly options: RedisTransportOptions) {
    this.subscriber = new SubscriberConnection(options.url, subscriberOptions);
    this.publisher = new Redis(options.url, publisherOptions);
    for (const client of [this.subscriber, this.publisher]) {
      client.on('error', (error) => this.reportLost(error));
      client.on('close', () => this.reportLost());
      client.on('ready', () => this.reportBack());
    }
    this.subscriber.on('ready', () => void this.catchUp());
    const { subscriber, publisher } = this;
    this.redis = new RedisPubSub({ subscriber, publisher });
  }

  get ready(): boolean {
    return this.subscriber.status === 'ready' && this.publisher.status === 'ready';
  }

  async publish(batch: LiveBatch): Promise<void> {
    if (this.sending.size >= mostInFlight) throw new Error('Redis does not keep up with what is published.');
    const sent = Promise.all(
      [...batch].map(([topic, messages]) => this.redis.publish(this.channelOf(topic), messages)),
    );
    this.sending.add(sent);
    try {
      await sent;
    } catch (error) {
      this.reportLost(error);
      // No answer in time, from a connection that looks well: a new one, or all that is written to it is
      // kept.
      if (this.publisher.status === 'ready' && !(error instanceof ReplyError))
        this.publisher.disconnect(true);
      throw error;
    } finally {
      this.sending.delete(sent);
    }
  }

  subscribe(topic: Topic, receiver: Receiver): () => void {
    this.receivers.set(topic, receiver);
    void this.settle(topic);
    return () => {
      if (this.receivers.get(topic) !== receiver) return;
      this.receivers.delete(topic);
      void this.settle(topic);
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.receivers.clear();
    await Promise.allSettled(this.sending);
    this.subscriber.disconnect();
    this.publisher.disconnect();
  }

  private channelOf(topic: Topic): string {
    return `${this.options.prefix}${topic}`;
  }

  /**
   * Brings Redis in line with the receivers, one change of a topic at a time, however often they come and go.
   */
  private async settle(topic: Topic): Promise<void> {
    if (this.settling.has(topic) || this.refused.has(topic)) return;
    this.settling.add(topic);
    try {
      while (!this.closed && this.receivers.has(topic) !== this.subscriptions.has(topic)) {
        if (this.subscriptions.has(topic)) this.leave(topic);
        else await this.join(topic);
      }
    } catch (error) {
      this.refused.add(topic);
      this.reportLost(error);
    } finally {
      this.settling.delete(topic);
    }
  }

  private async join(topic: Topic): Promise<void> {
    const channel = this.channelOf(topic);
    const onMessage = (messages: unknown) => this.receive(topic, messages);
    // Twice, because while the first is under way RedisPubSub keeps a promise for a second; where the
    // SUBSCRIBE fails and there is none, that promise rejects in nobody's hands and ends the process.
    const ids = await Promise.all([
      this.redis.subscribe(channel, onMessage),
      this.redis.subscribe(channel, () => undefined),
    ]);
    this.subscriptions.set(topic, ids);
    this.receivers.get(topic)?.onReady();
  }

  private leave(topic: Topic): void {
    const ids = this.subscriptions.get(topic) ?? [];
    this.subscriptions.delete(topic);
    for (const id of ids) this.redis.unsubscribe(id);
  }

  private receive(topic: Topic, messages: unknown): void {
    const receiver = this.receivers.get(topic);
    if (isMessages(messages)) receiver?.onMessages(messages);
    else this.options.log.warn({ topic }, 'a message that is none of ours came over Redis');
  }

  /** Once Redis has confirmed the channels of the new connection. */
  private async catchUp(): Promise<void> {
    try {
      // ioredis has just subscribed again on this connection, and Redis answers in order.
      await this.subscriber.ping();
    } catch {
      // Lost again before the answer: the next `ready` does it.
      return;
    }
    this.refused.clear();
    for (const [topic, receiver] of this.receivers) {
      if (this.subscriptions.has(topic)) receiver.onReady();
      else void this.settle(topic);
    }
  }

  private reportLost(error?: unknown): void {
    if (this.lost || this.closed) return;
    this.lost = true;
    // The message alone: an error of ioredis carries its command, which may be AUTH with the password.
    const reason = error instanceof Error ? error.message : undefined;
    this.options.log.warn({ reason }, 'Redis is gone; live events come from PostgreSQL until it is back');
  }

  private reportBack(): void {
    if (!this.lost || !this.ready) return;
    this.lost = false;
    this.options.log.info('Redis is back');
  }
}

/**
 * RedisPubSub sends UNSUBSCRIBE, and ioredis its SUBSCRIBE after a reconnect, without holding the promise:
 * when the connection is closed before the answer, its rejection would end the process.
 */
class SubscriberConnection extends Redis {
  override sendCommand(...args: Parameters<Redis['sendCommand']>): unknown {
    args[0].promise.catch(() => undefined);
    return super.sendCommand(...args);
  }
}

function isMessages(value: unknown): value is readonly LiveMessage[] {
  return Array.isArray(value) && value.every((message) => Array.isArray(message) && message.length === 5);
}
