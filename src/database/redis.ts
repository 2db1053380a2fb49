import { Redis, type RedisOptions, ReplyError } from 'ioredis';
import type { Logger } from '../logger.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

/** What processes share besides the database. It may be lost at any moment. */
export interface SharedRedis {
  readonly client: Redis;
  /** Begins every key, so that two databases on one Redis do not meet. */
  readonly prefix: string;
  /**
   * Asks Redis, which has half a second to answer. If it does not, nobody asks it for a second. Then one caller asks,
   * and the others wait to see whether there is an answer.
   * @throws Error if Redis is unreachable or refuses
   */
  ask<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

const readIdentity = statement<{ identity: string }>(
  'redis.identity',
  `select system_identifier || '.' || pg_database.oid as identity
   from pg_control_system(), pg_database where datname = current_database()`,
);

/** The prefix of every key and channel of this database. */
export async function redisPrefixOf(database: Database, prefix: string): Promise<string> {
  const [row] = await database.query(readIdentity);
  if (!row) throw new Error('PostgreSQL does not say which database this is.');
  return `${prefix}${row.identity}:`;
}

/** For every connection: it is made again, forever. */
export const lastingConnection: RedisOptions = {
  keepAlive: 10_000,
  retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
  // After a failover this server was demoted, and the name may lead to another one by now.
  reconnectOnError: ({ message }) => message.startsWith('READONLY'),
};

/** For a connection that never waits: while Redis is unreachable, every command fails at once. */
export const impatientConnection: RedisOptions = {
  ...lastingConnection,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
};

/** How long a command may take, in ms. Callers then do without the answer. */
const commandTimeout = 500;
/** How long nobody asks a Redis that did not answer, in ms. */
const shunnedFor = 1_000;
/** How long a new connection may take, in ms. */
const connectTimeout = 3_000;

/**
 * Opens a connection for commands: if one fails, the caller does without.
 * @param prefix begins every key, before the part that tells this database from others
 */
export async function openSharedRedis(
  url: string,
  prefix: string,
  database: Database,
  log: Logger,
): Promise<SharedRedis> {
  return openRedis(url, await redisPrefixOf(database, prefix), log);
}

/**
 * Like `openSharedRedis`, with a complete prefix.
 * @param prefix what `redisPrefixOf` returned
 */
export function openRedis(url: string, prefix: string, log: Logger): SharedRedis {
  const client = new Redis(url, {
    ...impatientConnection,
    commandTimeout,
    connectTimeout,
  });
  // Only the message: an error of ioredis carries its command, which may be AUTH with the password.
  client.on('error', (error) => log.debug({ reason: error.message }, 'Redis cannot be reached'));
  const shunning = new Shunning(client);
  return {
    client,
    prefix,
    ask: (command) => shunning.ask(command),
    async close() {
      client.disconnect();
    },
  };
}

/** Keeps a silent or slow Redis from costing every request the time that a command may take. */
class Shunning {
  readonly #client: Redis;
  #until = 0;
  #doubtful = false;
  #probing = false;

  constructor(client: Redis) {
    this.#client = client;
  }

  async ask<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer> {
    if (this.#probing || performance.now() < this.#until) throw new Error('Redis did not answer in time.');
    if (!this.#doubtful) return this.#send(command);
    this.#probing = true;
    try {
      return await this.#send(command);
    } finally {
      this.#probing = false;
    }
  }

  async #send<Answer>(command: (client: Redis) => Promise<Answer>): Promise<Answer> {
    // Some commands, such as TIME, would be sent before the connection has proved to be good.
    if (this.#client.status !== 'ready') throw new Error('Redis cannot be reached.');
    try {
      const answer = await command(this.#client);
      this.#doubtful = false;
      return answer;
    } catch (error) {
      // No answer in time, from a connection that looks healthy.
      if (this.#client.status === 'ready' && !(error instanceof ReplyError)) this.#shun();
      throw error;
    }
  }

  #shun(): void {
    this.#doubtful = true;
    this.#until = performance.now() + shunnedFor;
    // What is written to it would be kept, and arrive late. Destroyed, because `disconnect` waits until the other side
    // has closed it too.
    this.#client.stream.destroy();
  }
}
