import { type EntityClass, MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Logger } from 'pino';
import { UnusableSetting } from '../unusable-setting.ts';
import type { Connection } from './connection.ts';
import { ConnectionPool, type Pooled } from './connection-pool.ts';
import type { ReadBudget } from './read-budget.ts';
import { nameOf, rowTypes, type Statement } from './statement.ts';

/** PostgreSQL as a service, a loader or the pipeline sees it outside a transaction. */
export interface Db {
  /**
   * Runs a prepared statement on any connection of the pool.
   * @param budget how much may be read; if left out, there is no limit
   */
  query<Row>(statement: Statement<Row>, values?: readonly unknown[], budget?: ReadBudget): Promise<Row[]>;
}

export interface Database extends Db {
  readonly orm: MikroORM;
  /** How long the longest waiter has been waiting for a connection of the pool, in ms; 0 if nobody waits. */
  longestWait(): number;
  /** Makes a separate connection for LISTEN, which the caller ends. */
  connect(): Promise<Connection>;
  /** @throws Error if PostgreSQL takes no writes, or does not answer */
  checkWritable(): Promise<void>;
  /** Closes all connections, even those in use: all who wait are told at once that the database is unreachable. */
  abandon(): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly entities: readonly EntityClass<unknown>[];
  readonly log: Logger;
  /** Most connections of the pool. */
  readonly poolSize: number;
  /** Called once for each statement that is sent, with its name; `orm` for statements that MikroORM writes. */
  readonly onStatement?: (name: string) => void;
}

/** The settings of each connection of the pool, as command-line options. */
export const sessionSettings = [
  // An idle transaction would keep the relay's rows from being cleaned up; a lost client must not do that.
  '-c idle_in_transaction_session_timeout=10s',
  // A little less than this process waits (connection.ts): after an error from PostgreSQL the connection is kept.
  '-c statement_timeout=9s',
  '-c lock_timeout=3500ms',
  // Right for an SSD or for memory. With the standard 4, PostgreSQL reads and sorts all rows of a person for a page
  // that an index has in order (decision 9).
  '-c random_page_cost=1.1',
  '-c timezone=UTC',
  // These override what a database or a role sets for its clients: statements are written for these rules, rows are
  // parsed in PostgreSQL's default formats, and transactions rely on the default isolation.
  '-c standard_conforming_strings=on',
  '-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1',
  '-c default_transaction_isolation=read\\ committed',
].join(' ');

/**
 * Opens the one pool that reads, writes and MikroORM share.
 * @throws UnusableSetting if PostgreSQL is older than 18; the driver's error if it cannot be reached
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, poolSize: size, log, onStatement } = options;
  const pool = new ConnectionPool({ url, size, settings: sessionSettings, log });
  const orm = await MikroORM.init({
    entities: [...options.entities],
    // MikroORM needs a name even if the dialect brings its own connections.
    dbName: 'questline',
    // Otherwise MikroORM looks for a database of that name at its first connection, and creates one.
    ensureDatabase: false,
    driverOptions: sharedDialect(pool, onStatement),
    // An instant has one reading, whatever time zone the process runs in.
    timezone: 'Z',
    debug: false,
    // MikroORM's own messages, such as deprecations. By default it writes plain text to standard output.
    logger: (message) => log.warn({ from: 'MikroORM' }, message),
    colors: false,
  });
  try {
    await requireVersion(pool);
  } catch (error) {
    await closeAll(orm, pool);
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    orm,
    longestWait: () => pool.longestWait,
    async query<Row>(
      { name, text, plannedAnew }: Statement<Row>,
      values: readonly unknown[] = [],
      budget?: ReadBudget,
    ) {
      onStatement?.(name);
      const prepared = plannedAnew ? undefined : { name };
      const types = budget?.types ?? rowTypes;
      const { rows } = await askOnce(pool, { ...prepared, text, values: [...values], types });
      return rows as Row[];
    },
    connect: () => pool.connect(),
    checkWritable: () => requireWrites(pool),
    abandon: () => pool.abandon(),
    close() {
      closing ??= closeAll(orm, pool);
      return closing;
    },
  };
}

async function closeAll(orm: MikroORM, pool: ConnectionPool): Promise<void> {
  try {
    await orm.close(true);
  } finally {
    await pool.close();
  }
}

/** Sends one query on any connection. */
async function askOnce<Row extends pg.QueryResultRow>(
  pool: ConnectionPool,
  query: pg.QueryConfig,
): Promise<pg.QueryResult<Row>> {
  const connection = await pool.take();
  try {
    return await pool.ask<Row>(connection, query);
  } finally {
    connection.release(!connection.usable);
  }
}

/** The dialect through which MikroORM uses the pool. */
function sharedDialect(pool: ConnectionPool, onStatement: DatabaseOptions['onStatement']): PostgresDialect {
  return new PostgresDialect({
    pool: {
      options: pool.options,
      // Kysely would end the pool only if MikroORM has used it.
      end: async () => undefined,
      connect: async () => lease(pool, await pool.take(), onStatement),
    },
  });
}

/**
 * A connection as Kysely holds it. Kysely sends plain text; if the text was declared as a statement, it is sent under
 * its name, so transactions use the same prepared plans and row types as reads. Kysely also does not release a
 * connection whose BEGIN, COMMIT or ROLLBACK failed: a dead one has to release itself, or it would take a place in the
 * pool for good.
 */
function lease(
  pool: ConnectionPool,
  client: Pooled,
  onStatement: DatabaseOptions['onStatement'],
): pg.PoolClient {
  const send = async (text: string, values: readonly unknown[] = []) => {
    const name = nameOf(text);
    onStatement?.(name ?? 'orm');
    const prepared = name === undefined ? undefined : { name, types: rowTypes };
    const result = await pool.ask(client, { ...prepared, text, values: [...values] }).catch((error) => {
      // There is no transaction whose end would release it.
      if (text === 'begin') release(true);
      throw error;
    });
    // PostgreSQL answers the COMMIT of a transaction with a failed statement with ROLLBACK and no error.
    if (text === 'commit' && result.command !== 'COMMIT')
      throw new Error('The transaction had failed: nothing is written.');
    return result;
  };
  let held = true;
  const release = (dead = false) => {
    if (!held) return;
    held = false;
    client.off('end', discard);
    client.release(dead || !client.usable);
  };
  const discard = () => release(true);
  client.once('end', discard);
  const facade: pg.PoolClient = Object.create(client);
  return Object.defineProperties(facade, { query: { value: send }, release: { value: release } });
}

async function requireVersion(pool: ConnectionPool): Promise<void> {
  const { rows } = await askOnce<{ version: number }>(pool, {
    text: `select current_setting('server_version_num')::int as version`,
  });
  const version = rows[0]?.version ?? 0;
  if (version < 180_000)
    throw new UnusableSetting(
      'DATABASE_URL',
      `this is PostgreSQL ${Math.floor(version / 10_000)}, and 18 or later is needed; name a newer server.`,
    );
}

/** After a failover this may be the server that was demoted, or a standby that has not been promoted yet. */
async function requireWrites(pool: ConnectionPool): Promise<void> {
  const connection = await pool.take();
  try {
    const { rows } = await pool.ask<{ writable: boolean }>(connection, { text: isWritable });
    if (rows[0]?.writable === true) return;
    pool.discard(connection);
    throw new Error('PostgreSQL is read-only.');
  } finally {
    connection.release(!connection.usable);
  }
}

const isWritable = `select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as writable`;
