import type { SharedRedis } from '../../database/redis.ts';
import type { Logger } from '../../logger.ts';

/** How often an unreachable Redis is probed, in ms. */
const probeEvery = 1_000;
/** How long the start waits for Redis to connect, in ms. */
const startPatience = 500;

/**
 * Redis, for limits that have to be decided at once. The first question without an answer marks it as
 * unreachable. From then on no request waits for it, until it has answered a probe.
 */
export class RedisReach {
  readonly #redis: SharedRedis;
  readonly #log: Logger;
  readonly #onReady = () => void this.#probe();
  #away = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #listeners: (() => void)[] = [];

  constructor(redis: SharedRedis, log: Logger) {
    this.#redis = redis;
    this.#log = log;
    redis.client.on('ready', this.#onReady);
  }

  get away(): boolean {
    return this.#away;
  }

  /** Resolves once Redis is connected, or the time for it is over. Never rejects. */
  async start(): Promise<void> {
    const { client } = this.#redis;
    if (client.status === 'ready') return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, startPatience);
    client.once('ready', resolve);
    await promise;
    clearTimeout(timer);
    client.off('ready', resolve);
  }

  /** Registers a listener that is called whenever Redis is reachable again. */
  onBack(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Undefined if Redis is unreachable, or turns out to be. Never rejects. */
  async ask<T>(question: (redis: SharedRedis) => Promise<T>): Promise<T | undefined> {
    if (this.#away || this.#closed) return undefined;
    try {
      return await question(this.#redis);
    } catch (error) {
      this.#lose(error);
      return undefined;
    }
  }

  release(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#redis.client.off('ready', this.#onReady);
  }

  #lose(error: unknown): void {
    if (this.#away || this.#closed) return;
    this.#away = true;
    // Only the message: an error of ioredis contains its command.
    const reason = error instanceof Error ? error.message : undefined;
    this.#log.warn(
      { reason },
      'Redis is unreachable: each process enforces rate and socket limits on its own',
    );
    this.#probeLater();
  }

  #probeLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#probe(), probeEvery).unref();
  }

  async #probe(): Promise<void> {
    if (!this.#away || this.#closed) return;
    try {
      await this.#redis.client.ping();
    } catch {
      if (!this.#closed) this.#probeLater();
      return;
    }
    clearTimeout(this.#timer);
    if (!this.#away) return;
    this.#away = false;
    this.#log.info('Redis is back: rate and socket limits apply across all processes');
    for (const listener of this.#listeners) listener();
  }
}
