import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { unhurried } from './patience.ts';
import { Retries } from './retries.ts';
import { statement } from './statement.ts';

/** Wakes the other processes. A signal carries nothing and may be lost: whoever waits for one also polls. */
export interface Signals {
  /**
   * Calls `onNotify`, which must not throw, for each `notify` of any process. It also calls it whenever PostgreSQL
   * begins to listen, at first and after each broken connection, because of what was missed before.
   * @returns a function that stops it
   */
  listen(channel: string, onNotify: () => void): () => void;
  /**
   * Wakes this process' listeners at once, and those of others with one NOTIFY per 10 ms at most. Call it only after
   * the commit.
   */
  notify(channel: string): void;
  close(): Promise<void>;
}

export interface SignalsOptions {
  readonly database: Pick<Database, 'query' | 'connect'>;
  readonly log: Logger;
}

const sendNotify = statement('signals.notify', 'select pg_notify($1, $2)');
const shortestIntervalMs = 10;
const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** How often PostgreSQL is asked for an answer: listening alone never shows that the connection is dead. */
const pingEveryMs = 3_000;
/** How long PostgreSQL may take to answer. */
const longestAnswerMs = 3_000;

/** One LISTEN connection for all channels of the process, which is made again, forever, if it breaks. */
export function openSignals(options: SignalsOptions): Signals {
  return new PostgresSignals(options);
}

class PostgresSignals implements Signals {
  /** Sent with each NOTIFY, so that a process does not wake itself a second time. */
  readonly #self = randomUUID();
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #intervals = new Map<string, { timer: NodeJS.Timeout; again: boolean }>();
  readonly #closing = new AbortController();
  readonly #connecting: Promise<void>;
  /** Channels for which PostgreSQL refused to LISTEN on a working connection. */
  readonly #unheard = new Retries<string>((channel) => void this.#send('listen', channel));
  #client: Connection | undefined;
  /** Commands of one connection are sent one after the other. */
  #commands = pLimit(1);
  readonly #options: SignalsOptions;

  constructor(options: SignalsOptions) {
    this.#options = options;
    this.#connecting = this.#stayConnected();
  }

  listen(channel: string, onNotify: () => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(onNotify));
    if (listeners.size === 1) void this.#send('listen', channel);
    return () => {
      if (!listeners.delete(onNotify) || listeners.size > 0) return;
      this.#listeners.delete(channel);
      this.#unheard.forget(channel);
      void this.#send('unlisten', channel);
    };
  }

  notify(channel: string): void {
    this.#wake(channel);
    const interval = this.#intervals.get(channel);
    if (interval) interval.again = true;
    else unhurried(() => this.#notifyOthers(channel));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const { timer } of this.#intervals.values()) clearTimeout(timer);
    this.#intervals.clear();
    this.#unheard.clear();
    await this.#connecting;
  }

  #wake(channel: string): void {
    for (const onNotify of this.#listeners.get(channel) ?? []) onNotify();
  }

  #notifyOthers(channel: string): void {
    if (this.#closing.signal.aborted) return;
    const { database, log } = this.#options;
    database
      .query(sendNotify, [channel, this.#self])
      .catch((error: unknown) =>
        log.warn({ err: error, channel }, 'a NOTIFY was not sent; polling makes up for it'),
      );
    const timer = setTimeout(() => {
      const again = this.#intervals.get(channel)?.again;
      this.#intervals.delete(channel);
      if (again) this.#notifyOthers(channel);
    }, shortestIntervalMs);
    this.#intervals.set(channel, { timer, again: false });
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#holdConnection(() => {
          if (failures > 0) this.#options.log.info('PostgreSQL notifications are received again');
          failures = 0;
        });
      } catch (error) {
        if (failures === 0)
          this.#options.log.warn({ err: error }, 'no PostgreSQL notifications; polling continues');
      }
      const delay = Math.min(firstRetryMs * 2 ** failures, longestRetryMs);
      // Rejects only if `close` cuts it short.
      await sleep(delay, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Listens until the connection breaks, which throws, or until `close` ends it. */
  async #holdConnection(onConnected: () => void): Promise<void> {
    const { signal } = this.#closing;
    const client = await this.#options.database.connect();
    try {
      // Without a listener an error would end the process; `once` rejects on it, and on `signal`.
      client.on('error', () => undefined);
      const broken = once(client, 'end', { signal });
      broken.catch(() => undefined);
      client.on('notification', ({ channel, payload }) => {
        if (payload !== this.#self) this.#wake(channel);
      });
      this.#client = client;
      this.#commands = pLimit(1);
      const channels = [...this.#listeners.keys()];
      await Promise.race([Promise.all(channels.map((channel) => this.#send('listen', channel))), broken]);
      onConnected();
      const pings = setInterval(() => this.#ping(client), pingEveryMs);
      await broken.finally(() => clearInterval(pings));
      throw new Error('PostgreSQL closed the connection.');
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  /** Sends nothing if there is no connection, because the next one listens to all channels. Never rejects. */
  async #send(command: 'listen' | 'unlisten', channel: string): Promise<void> {
    const client = this.#client;
    if (!client) return;
    await this.#commands(async () => {
      try {
        await client.ask({ text: `${command} ${pg.escapeIdentifier(channel)}` }, longestAnswerMs);
        // A NOTIFY that came before PostgreSQL listened was not heard.
        if (command === 'listen') this.#wake(channel);
        this.#unheard.forget(channel);
      } catch (error) {
        this.#refused(command, channel, error);
      }
    });
  }

  #refused(command: 'listen' | 'unlisten', channel: string, error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (!this.#unheard.has(channel))
      this.#options.log.warn({ err: error, channel }, `PostgreSQL refused to ${command}`);
    // Without a connection there is nothing to ask: the next one listens to all channels.
    if (command === 'listen' && this.#listeners.has(channel)) this.#unheard.later(channel);
  }

  /** Ends a connection that does not answer; then another is made. */
  #ping(client: Connection): void {
    void this.#commands(() =>
      client.ask({ text: 'select 1' }, longestAnswerMs).catch(() => client.destroy()),
    );
  }
}
