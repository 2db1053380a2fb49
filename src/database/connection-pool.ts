import pg from 'pg';
import type { Logger } from 'pino';
import { Connection, Unanswered } from './connection.ts';
import { FairQueue } from './fair-queue.ts';
import { currentFlow, isHurried, patiently } from './patience.ts';
import { sqlStateOf } from './sql-state.ts';

export interface PoolOptions {
  readonly url: string;
  /** Most connections. */
  readonly size: number;
  /** Command-line options of each session. */
  readonly settings: string;
  readonly log: Logger;
}

/** A connection from the pool. Whoever takes it returns it with `release`. */
export type Pooled = Connection & pg.PoolClient;

/** How long a new connection may take, in ms: PostgreSQL is used again within 10 s of its return. */
export const connectTimeout = 4_000;
/** How long to wait for a free connection, in ms: for a request, and for work that nobody waits for. */
const longestWait = { request: 2_000, background: 5_000 };
/** How many may wait, for each connection of the pool. */
const waitingPerConnection = 250;

/** If a statement gets no answer for this long, in ms, the other connections become suspect. */
const suspicious = 3_000;

/** read_only_sql_transaction: this server was demoted, or is a standby. */
const readOnly = '25006';

interface PoolWaiter {
  readonly since: number;
  /** The flow whose turn it takes. */
  readonly key: string;
  begin: () => void;
}

/** The connections of one process. Nobody waits forever, neither for a connection nor for an answer. */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #size: number;
  readonly #idle = new Set<Connection>();
  /** Includes connections that are being made, and those outside the pool. */
  readonly #all = new Set<Connection>();
  /** The first one has waited longest. */
  readonly #waiting = new Set<PoolWaiter>();
  /** Those who wait for a connection to be returned, by flow: a flow that asks for much only waits for itself. */
  readonly #queue = new FairQueue<PoolWaiter>();
  /** How many connections are taken, or about to be. */
  #taken = 0;
  #strangers = 0;
  readonly #options: PoolOptions;
  #ended: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#pool = this.#open();
  }

  /** The options that Kysely reads. */
  get options(): pg.PoolOptions {
    return this.#pool.options;
  }

  /** How long the longest waiter has been waiting for a connection, in ms; 0 if nobody waits. */
  get longestWait(): number {
    const [first] = this.#waiting;
    return first === undefined ? 0 : performance.now() - first.since;
  }

  /** @throws Unanswered if no connection is free in time, or too many wait already; the driver's error */
  async take(): Promise<Pooled> {
    if (this.#waiting.size >= this.#size * waitingPerConnection)
      throw new Unanswered('Too many wait for a connection to PostgreSQL.');
    const waiter: PoolWaiter = {
      since: performance.now(),
      key: currentFlow() ?? `nobody ${this.#strangers++}`,
      begin: () => undefined,
    };
    this.#waiting.add(waiter);
    try {
      const limit = isHurried() ? longestWait.request : longestWait.background;
      return await patiently(limit, (ms) => this.#takeWithin(ms, waiter));
    } finally {
      this.#waiting.delete(waiter);
    }
  }

  /**
   * Sends a statement on a connection that was taken. A connection that was silent, or whose server takes no writes, is
   * not used again. Neither are those that have been idle since: what happened to one has usually happened to all.
   */
  async ask<Row extends pg.QueryResultRow>(
    connection: Connection,
    query: pg.QueryConfig,
  ): Promise<pg.QueryResult<Row>> {
    const since = performance.now();
    try {
      return await connection.ask<Row>(query);
    } catch (error) {
      // If a caller's time was up sooner, that says nothing about the other connections.
      const silence = performance.now() - since;
      if (error instanceof Unanswered && silence > suspicious) this.#discardIdle(since);
      if (sqlStateOf(error) === readOnly) this.discard(connection);
      throw error;
    }
  }

  /** Makes a connection outside the pool, which the caller ends. */
  async connect(): Promise<Connection> {
    const connection = this.#kept(
      new Connection({ ...this.#common, connectionTimeoutMillis: connectTimeout }),
    );
    // Without a listener, a lost connection would end the process.
    connection.on('error', (error) => this.#tellOfLoss(error));
    await connection.connect();
    return connection;
  }

  /** Call it if this is not the server to use: whoever comes next gets another connection. */
  discard(connection: Connection): void {
    this.#discardIdle(performance.now());
    connection.destroy();
  }

  /** Makes no more connections. All who wait for an answer are told at once that there is none. */
  abandon(): void {
    void this.close();
    for (const connection of this.#all) connection.destroy();
  }

  /** Resolves when all connections that were taken are back. */
  close(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  get #common(): pg.ClientConfig {
    return {
      connectionString: this.#options.url,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    };
  }

  #open(): pg.Pool {
    const keep = (connection: Connection) => this.#kept(connection);
    const pool = new pg.Pool({
      ...this.#common,
      max: this.#size,
      options: this.#options.settings,
      connectionTimeoutMillis: connectTimeout,
      // MikroORM parses instants itself, from text.
      types: withoutInstants(),
      Client: class extends Connection {
        constructor(config?: pg.ClientConfig) {
          super(config);
          keep(this);
        }
      },
    });
    // A connection that is lost emits `error`; without listeners that would end the process. The query in flight
    // rejects by itself, and the pool repeats what each connection has reported.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => void client.on('error', (error) => this.#tellOfLoss(error)));
    pool.on('acquire', (client) => client instanceof Connection && this.#idle.delete(client));
    pool.on('release', (_error, client) => client instanceof Connection && this.#idle.add(client));
    pool.on('remove', (client) => client instanceof Connection && this.#idle.delete(client));
    return pool;
  }

  #kept(connection: Connection): Connection {
    this.#all.add(connection);
    connection.once('end', () => this.#all.delete(connection));
    return connection;
  }

  async #takeWithin(ms: number, waiter: PoolWaiter): Promise<Pooled> {
    if (ms <= 0) throw new Unanswered('There was no time left to wait for a connection to PostgreSQL.');
    const { promise, resolve, reject } = Promise.withResolvers<Pooled>();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#queue.remove(waiter.key, waiter);
      reject(new Unanswered('No connection to PostgreSQL was to be had in time.'));
    }, ms);
    waiter.begin = () => {
      this.#connect().then((client) => {
        if (late) client.release();
        else resolve(client);
      }, reject);
    };
    if (this.#taken < this.#size) waiter.begin();
    else this.#queue.push(waiter.key, waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @throws the driver's error */
  async #connect(): Promise<Pooled> {
    this.#taken++;
    try {
      const client = await this.#pool.connect();
      if (!(client instanceof Connection)) throw new Error('The pool makes connections of its own.');
      const release = client.release.bind(client);
      client.release = (error) => {
        release(error);
        this.#freeSlot();
      };
      return client;
    } catch (error) {
      this.#freeSlot();
      throw error;
    }
  }

  #freeSlot(): void {
    this.#taken--;
    this.#queue.shift()?.begin();
  }

  #discardIdle(heardBefore: number): void {
    for (const connection of this.#idle) if (connection.heardAt <= heardBefore) connection.destroy();
  }

  /** Only the message: the pool attaches the whole client to the error, and with it the connection's settings. */
  #tellOfLoss({ message }: Error): void {
    this.#options.log.warn({ reason: message }, 'a database connection was lost');
  }
}

function withoutInstants(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  for (const oid of [pg.types.builtins.TIMESTAMP, pg.types.builtins.TIMESTAMPTZ])
    types.setTypeParser(oid, (text: string) => text);
  return types;
}
