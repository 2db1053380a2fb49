import { type EntityClass, MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import type pg from 'pg';
import type { Logger } from 'pino';
import { UnusableSetting } from '../unusable-setting.ts';
import type { Connection } from './connection.ts';
import { ConnectionPool, type Pooled } from './connection-pool.ts';
import type { ReadBudget } from './read-budget.ts';
import { nameOf, rowTypes, type Statement } from './statement.ts';

/** What a service, a loader or the pipeline sees of PostgreSQL outside a transaction. */
export interface Db {
  /**
   * Runs a prepared statement on any connection of the pool.
   * @param budget how much may be read; left out, any number of rows
   */
  query<Row>(statement: Statement<Row>, values?: readonly unknown[], budget?: ReadBudget): Promise<Row[]>;
}

export interface Database extends Db {
  readonly orm: MikroORM;
  /** How long somebody has been waiting for a connection of the pool, in ms; 0 where nobody is. */
  longestWait(): number;
  /** A connection of its own, for LISTEN; the caller ends it. */
  connect(): Promise<Connection>;
  /** @throws where PostgreSQL takes no writes, or does not answer */
  checkWritable(): Promise<void>;
  /** Lets go of all connections, whatever they are used for: whoever waits hears at once that the database is away. */
  abandon(): void;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly entities: readonly EntityClass<unknown>[];
  readonly log: Logger;
  /** Most connections of the pool. */
  readonly poolSize: number;
  /** Called once for each statement that is sent, with its name; `orm` for what MikroORM writes. */
  readonly onStatement?: (name: string) => void;
}

/** Of each connection of the pool, as command-line options. */
export const sessionSettings = [
  // An idle transaction would hold the relay's rows from being cleaned up; a lost client must not.
  '-c idle_in_transaction_session_timeout=10s',
  // A little less than this process waits (connection.ts): an error of PostgreSQL keeps the connection.
  '-c statement_timeout=9s',
  '-c lock_timeout=3500ms',
  // Of a disk without a head, or of memory. With the standard 4 PostgreSQL takes all that somebody has and sorts it,
  // for a page that an index has in order (decision 9).
  '-c random_page_cost=1.1',
  '-c timezone=UTC',
  // Whatever a database or a role sets for its clients: statements are written by these rules, their rows are read as
  // PostgreSQL writes them by itself, and transactions have the isolation that is its own default.
  '-c standard_conforming_strings=on',
  '-c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1',
  '-c default_transaction_isolation=read\\ committed',
].join(' ');

/**
 * Opens the one pool that reads, writes and MikroORM share.
 * @throws UnusableSetting if PostgreSQL is older than 18; the driver's error if it can't be reached.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, poolSize: size, log, onStatement } = options;
  const pool = new ConnectionPool({ url, size, settings: sessionSettings, log });
  const orm = await MikroORM.init({
    entities: [...options.entities],
    // MikroORM needs a name even where the dialect brings its own connections.
    dbName: 'questline',
    // Else it looks for a database of that name, and makes one, at its first connection.
    ensureDatabase: false,
    driverOptions: sharedDialect(pool, onStatement),
    // An instant has one reading, whatever zone the process lives in.
    timezone: 'Z',
    debug: false,
    // Of what it says by itself, such as that something is deprecated; its own way is plain text on standard output.
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

/** On any connection. */
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

/** MikroORM's way to the pool. */
function sharedDialect(pool: ConnectionPool, onStatement: DatabaseOptions['onStatement']): PostgresDialect {
  return new PostgresDialect({
    pool: {
      options: pool.options,
      // Kysely would end it only where MikroORM has used it.
      end: async () => undefined,
      connect: async () => lease(pool, await pool.take(), onStatement),
    },
  });
}

/**
 * A connection as Kysely holds it. Kysely sends plain text; a text that was declared as a statement goes out under its
 * name, so that transactions use the same prepared plans and row types as reads. And Kysely gives none back whose
 * BEGIN, COMMIT or ROLLBACK failed: a dead one has to go back by itself, or each would take a place of the pool for good.
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
      // There is no transaction whose end would give it back.
      if (text === 'begin') release(true);
      throw error;
    });
    // To the COMMIT of a transaction with a failed statement, PostgreSQL answers ROLLBACK and no error.
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
