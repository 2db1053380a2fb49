import { Socket } from 'node:net';
import pg from 'pg';
import { patiently } from './patience.ts';

/** The default time limit of a statement, in ms. PostgreSQL itself ends it a little earlier, and says so. */
export const longestStatement = 10_000;
/** How long PostgreSQL may take to close its side, in ms. */
const longestGoodbye = 1_000;
/** A statement that has fewer ms left is not sent. A ROLLBACK always gets at least `leastForRollback`. */
const leastForStatement = 250;
const leastForRollback = 500;

/** PostgreSQL did not answer in time, or there was no time to ask. SQLSTATE class "connection exception". */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
  readonly code = '08006';
}

/**
 * A connection that never waits forever. If an answer is late, the connection is destroyed: node-postgres' own
 * `query_timeout` would leave it open, and the late answer would go to whichever statement comes next.
 */
export class Connection extends pg.Client {
  readonly #socket: Socket;
  /** When PostgreSQL was last heard from, by `performance.now()`. */
  #heardAt = performance.now();

  constructor(config: pg.ClientConfig = {}) {
    const socket = new Socket();
    super({ ...config, stream: () => socket });
    this.#socket = socket;
  }

  get heardAt(): number {
    return this.#heardAt;
  }

  /** False once it was destroyed, or closed by the other side. */
  get usable(): boolean {
    return !this.#socket.destroyed;
  }

  /**
   * Sends one statement, alone: the next may be sent after its answer.
   * @throws Unanswered if PostgreSQL is silent for too long; then the connection is gone
   */
  ask<Row extends pg.QueryResultRow>(
    query: pg.QueryConfig,
    limit = longestStatement,
  ): Promise<pg.QueryResult<Row>> {
    return patiently(limit, (ms) =>
      this.#within(query.text === 'rollback' ? Math.max(ms, leastForRollback) : ms, query),
    );
  }

  /** Ends it at once. All who wait for an answer are told that there is none. */
  destroy(): void {
    this.#socket.destroy();
  }

  override end(): Promise<void>;
  override end(callback: (error: Error) => void): void;
  override end(callback?: (error: Error) => void): Promise<void> | undefined {
    // A silent server would never close its side.
    const timer = setTimeout(() => this.destroy(), longestGoodbye).unref();
    this.once('end', () => clearTimeout(timer));
    if (callback === undefined) return super.end();
    super.end(callback);
    return undefined;
  }

  async #within<Row extends pg.QueryResultRow>(
    ms: number,
    query: pg.QueryConfig,
  ): Promise<pg.QueryResult<Row>> {
    // Nothing is sent, and the connection is kept: making another would be work for a server that has too much already.
    if (ms < leastForStatement) throw new Unanswered('There was no time left to ask PostgreSQL.');
    let waiting = true;
    let silent = false;
    const giveUp = () => {
      if (!waiting) return;
      silent = true;
      this.destroy();
    };
    // Checks the socket once more: after a pause of this process, the answer may be there already.
    const timer = setTimeout(() => setImmediate(giveUp), ms);
    try {
      const result = await this.query<Row>(query);
      this.#heardAt = performance.now();
      return result;
    } catch (error) {
      if (silent) throw new Unanswered('PostgreSQL did not answer in time.', { cause: error });
      if (error instanceof pg.DatabaseError) this.#heardAt = performance.now();
      throw error;
    } finally {
      waiting = false;
      clearTimeout(timer);
    }
  }
}
