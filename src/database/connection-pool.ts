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

/** A connection of the pool; whoever has it gives it back by `release`. */
export type Pooled = Connection & pg.PoolClient;

/** For a new connection, in ms: within 10 s of its return, PostgreSQL is used again. */
export const connectTimeout = 4_000;
/** For a connection to become free, in ms: of a request, and of work that nobody waits for. */
const longestWait = { request: 2_000, background: 5_000 };
/** Those who wait, for each connection of the pool. */
const waitingPerConnection = 250;

/** How long a statement has gone without an answer, in ms, when that makes one doubt the others. */
const suspicious = 3_000;

/** read_only_sql_transaction: this server was demoted, or is a standby. */
const readOnly = '25006';

interface Waiter {
  readonly since: number;
  /** Whose turn it takes. */
  readonly key: string;
  begin: () => void;
}

/** The connections of one process. Nobody waits for one for ever, nor for an answer. */
export class ConnectionPool {
  readonly #pool: pg.Pool;
  readonly #size: number;
  readonly #idle = new Set<Connection>();
  /** Those that are being made as well, and those beside the pool. */
  readonly #all = new Set<Connection>();
  /** The first waits longest. */
  readonly #waiting = new Set<Waiter>();
  /** Those who wait for one to be given back: whoever asks for much waits for that alone. */
  readonly #queue = new FairQueue<Waiter>();
  /** How many are taken, or about to be. */
  #taken = 0;
  #strangers = 0;
  readonly #options: PoolOptions;
  #ended: Promise<void> | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#pool = this.#open();
  }

  /** What Kysely wants to know. */
  get options(): pg.PoolOptions {
    return this.#pool.options;
  }

  /** How long somebody has been waiting for a connection, in ms; 0 where nobody is. */
  get longestWait(): number {
    const [first] = this.#waiting;
    return first === undefined ? 0 : performance.now() - first.since;
  }

  /** @throws Unanswered where none is to be had in time, or too many wait already; the driver's error */
  async take(): Promise<Pooled> {
    if (this.#waiting.size >= this.#size * waitingPerConnection)
      throw new Unanswered('Too many wait for a connection to PostgreSQL.');
    const waiter: Waiter = {
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
   * Sends a statement on a connection that was taken. One that was silent, or whose server takes no writes, is not used
   * again, and neither are those that have been idle since: what befell one has mostly befallen all.
   */
  async ask<Row extends pg.QueryResultRow>(
    connection: Connection,
    query: pg.QueryConfig,
  ): Promise<pg.QueryResult<Row>> {
    const since = performance.now();
    try {
      return await connection.ask<Row>(query);
    } catch (error) {
      // Somebody whose time was up says nothing of the others.
      const silence = performance.now() - since;
      if (error instanceof Unanswered && silence > suspicious) this.#discardIdle(since);
      if (sqlStateOf(error) === readOnly) this.discard(connection);
      throw error;
    }
  }

  /** Makes a connection beside the pool, which its caller ends. */
  async connect(): Promise<Connection> {
    const connection = this.#kept(
      new Connection({ ...this.#common, connectionTimeoutMillis: connectTimeout }),
    );
    // Without a listener a lost connection would end the process.
    connection.on('error', (error) => this.#tellOfLoss(error));
    await connection.connect();
    return connection;
  }

  /** This server is not the one to be used: whoever comes next gets another connection. */
  discard(connection: Connection): void {
    this.#discardIdle(performance.now());
    connection.destroy();
  }

  /** No connection is made any more, and whatever waits for an answer hears that there is none. */
  abandon(): void {
    void this.close();
    for (const connection of this.#all) connection.destroy();
  }

  /** Resolves once all that was taken is back. */
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
      // MikroORM parses instants by itself, from text.
      types: withoutInstants(),
      Client: class extends Connection {
        constructor(config?: pg.ClientConfig) {
          super(config);
          keep(this);
        }
      },
    });
    // A connection that is lost emits `error`; without listeners that would end the process. The query in flight
    // rejects by itself, and the pool says once more what each connection has said.
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

  async #takeWithin(ms: number, waiter: Waiter): Promise<Pooled> {
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

  /** The message alone: the pool hangs the whole client on the error, and on that the connection's settings. */
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
