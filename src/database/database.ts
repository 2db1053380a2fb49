import { type EntityClass, MikroORM } from '@mikro-orm/postgresql';
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from 'pino';
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
  /** A connection of its own, for LISTEN; the caller ends it. */
  connect(): Promise<pg.Client>;
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

const connectTimeoutMs = 5_000;

/** Of each connection of the pool, as command-line options. */
export const sessionSettings = [
  // An idle transaction would hold the relay's rows from being cleaned up; a lost client must not.
  '-c idle_in_transaction_session_timeout=10s',
  '-c statement_timeout=30s',
  // Of a disk without a head, or of memory. With the standard 4 PostgreSQL takes all that somebody has and sorts it,
  // for a page that an index has in order (decision 9).
  '-c random_page_cost=1.1',
  '-c timezone=UTC',
].join(' ');

/**
 * Opens the one pool that reads, writes and MikroORM share.
 * @throws the driver's error where PostgreSQL can't be reached or is older than 18.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const pool = openPool(options);
  const orm = await MikroORM.init({
    entities: [...options.entities],
    // MikroORM needs a name even where the dialect brings its own connections.
    dbName: 'questline',
    // Else it looks for a database of that name, and makes one, at its first connection.
    ensureDatabase: false,
    driverOptions: sharedDialect(pool, options),
    // An instant has one reading, whatever zone the process lives in.
    timezone: 'Z',
    debug: false,
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
    async query<Row>(
      { name, text, plannedAnew }: Statement<Row>,
      values: readonly unknown[] = [],
      budget?: ReadBudget,
    ) {
      options.onStatement?.(name);
      const prepared = plannedAnew ? undefined : { name };
      const { rows } = await pool.query({
        ...prepared,
        text,
        values: [...values],
        types: budget?.types ?? rowTypes,
      });
      return rows as Row[];
    },
    async connect() {
      const client = new pg.Client({
        connectionString: options.url,
        connectionTimeoutMillis: connectTimeoutMs,
        keepAlive: true,
      });
      // Without a listener a lost connection would end the process.
      client.on('error', (error) => tellOfLoss(options.log, error));
      await client.connect();
      return client;
    },
    close() {
      closing ??= closeAll(orm, pool);
      return closing;
    },
  };
}

async function closeAll(orm: MikroORM, pool: pg.Pool): Promise<void> {
  try {
    await orm.close(true);
  } finally {
    await pool.end();
  }
}

function openPool({ url, poolSize, log }: DatabaseOptions): pg.Pool {
  // MikroORM parses instants by itself, from text.
  const types = new pg.TypeOverrides();
  for (const oid of [pg.types.builtins.TIMESTAMP, pg.types.builtins.TIMESTAMPTZ]) {
    types.setTypeParser(oid, (text: string) => text);
  }
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: sessionSettings,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types,
  });
  // A connection that the server drops emits `error`; without a listener that would end the process. The query
  // in flight rejects by itself.
  pool.on('error', (error) => tellOfLoss(log, error));
  pool.on('connect', (client) => {
    client.on('error', (error) => tellOfLoss(log, error));
  });
  return pool;
}

/** The message alone: the pool hangs the whole client on the error, and on that the connection's settings. */
function tellOfLoss(log: Logger, { message }: Error): void {
  log.warn({ reason: message }, 'a database connection was lost');
}

/** MikroORM's way to the pool. */
function sharedDialect(pool: pg.Pool, { onStatement }: DatabaseOptions): PostgresDialect {
  return new PostgresDialect({
    pool: {
      options: pool.options,
      // Kysely would end it only where MikroORM has used it.
      end: async () => undefined,
      connect: async () => lease(await pool.connect(), onStatement),
    },
  });
}

/**
 * A connection as Kysely holds it. Kysely sends plain text; a text that was declared as a statement goes out under its
 * name, so that transactions use the same prepared plans and row types as reads. And Kysely gives none back whose
 * BEGIN, COMMIT or ROLLBACK failed: a dead one has to go back by itself, or each would take a place of the pool for good.
 */
function lease(client: pg.PoolClient, onStatement: DatabaseOptions['onStatement']): pg.PoolClient {
  const send = async (text: string, values: readonly unknown[] = []) => {
    const name = nameOf(text);
    onStatement?.(name ?? 'orm');
    const prepared = name === undefined ? undefined : { name, types: rowTypes };
    const result = await client.query({ ...prepared, text, values: [...values] });
    // To the COMMIT of a transaction with a failed statement, PostgreSQL answers ROLLBACK and no error.
    if (text === 'commit' && result.command !== 'COMMIT')
      throw new Error('The transaction had failed: nothing is written.');
    return result;
  };
  let held = true;
  const release = (dead?: boolean) => {
    if (!held) return;
    held = false;
    client.off('end', discard);
    client.release(dead);
  };
  const discard = () => release(true);
  client.once('end', discard);
  const facade: pg.PoolClient = Object.create(client);
  return Object.defineProperties(facade, { query: { value: send }, release: { value: release } });
}

async function requireVersion(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  const version = rows[0]?.version ?? 0;
  if (version < 180_000)
    throw new Error(`PostgreSQL 18 or later is needed; this one is ${Math.floor(version / 10_000)}.`);
}
