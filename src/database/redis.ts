import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../logger.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

/** What processes share besides the database, and may lose at any moment. */
export interface SharedRedis {
  readonly client: Redis;
  /** Begins every key: two databases on one Redis do not meet. */
  readonly prefix: string;
  close(): Promise<void>;
}

const readIdentity = statement<{ identity: string }>(
  'redis.identity',
  `select system_identifier || '.' || pg_database.oid as identity
   from pg_control_system(), pg_database where datname = current_database()`,
);

/** What every key and channel of this database begins with. */
export async function redisPrefixOf(database: Database, prefix: string): Promise<string> {
  const [row] = await database.query(readIdentity);
  if (!row) throw new Error('PostgreSQL does not say which database this is.');
  return `${prefix}${row.identity}:`;
}

/** Of every connection: it is made again, for ever. */
export const lastingConnection: RedisOptions = {
  keepAlive: 10_000,
  retryStrategy: (attempt) => Math.min(attempt * 50, 1_000),
};

/** Of a connection that waits for nothing: while Redis is away every command fails at once. */
export const impatientConnection: RedisOptions = {
  ...lastingConnection,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
};

/** How long a command may take, in ms: what Redis does not say by then is found out without it. */
const commandTimeout = 500;

/**
 * A connection for commands: where one fails, whoever asked does without.
 * @param prefix what `redisPrefixOf` gave
 */
export function openRedis(url: string, prefix: string, log: Logger): SharedRedis {
  const client = new Redis(url, {
    ...impatientConnection,
    commandTimeout,
  });
  // The message alone: an error of ioredis carries its command, which may be AUTH with the password.
  client.on('error', (error) => log.debug({ reason: error.message }, 'Redis can not be reached'));
  return {
    client,
    prefix,
    async close() {
      client.disconnect();
    },
  };
}
