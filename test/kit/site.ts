import pg from 'pg';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { parseId } from '../../src/domain/ids.ts';
import { entities } from '../../src/entities/index.ts';
import { createDatabase, createFolder, createRedisSpace, type Locale } from '../setup/services.ts';
import { eventually } from './eventually.ts';
import { whenDone } from './when-done.ts';

/** What the processes of one installation share: a database, keys, and a place in Redis. */
export interface Site {
  /** The environment variables of every app that runs here. */
  readonly variables: Readonly<Record<string, string>>;
  /** The same database, for what the API cannot do yet. */
  database(): Promise<Database>;
  /** Runs any SQL: to look at what no client sees, or to break what no client can. */
  sql<Row>(text: string, ...values: unknown[]): Promise<Row[]>;
  /** Allows connections to the database again, or ends all connections and allows none. */
  admit(allowed: boolean): Promise<void>;
  /** The whole contents of some tables, to show that nothing changed; of events, all but `user.active`. */
  contents(...tables: string[]): Promise<string>;
  /**
   * Waits until the person's activity of today was recorded and applied: once a day their answers wait for that.
   */
  activeToday(person: { readonly accountId: string }): Promise<void>;
  /** Waits until every recorded event was applied and every live event was numbered. */
  settled(): Promise<void>;
}

/**
 * Creates a site with a new database; it is removed when the test or the file is done.
 * @param locale the locale of the database; the server's own by default
 */
export async function createSite(locale?: Locale): Promise<Site> {
  const [{ url, admit, drop }, redis, dataDir] = await Promise.all([
    createDatabase(locale),
    createRedisSpace(),
    createFolder(),
  ]);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // A test may take the database away; the query reports the error to its caller.
  pool.on('error', () => undefined);
  let database: Promise<Database> | undefined;
  whenDone(async () => {
    await pool.end();
    await (await database)?.close();
    await drop();
  });
  const sql = async <Row>(text: string, ...values: unknown[]): Promise<Row[]> =>
    (await pool.query(text, values)).rows;
  return {
    variables: { DATABASE_URL: url, REDIS_URL: redis.url, REDIS_PREFIX: redis.namespace, DATA_DIR: dataDir },
    sql,
    admit,
    database() {
      database ??= openDatabase({ url, entities, log: pino({ level: 'silent' }), poolSize: 2 });
      return database;
    },
    async contents(...tables) {
      const rows = tables.map(
        (table) => `select '${table}' || t::text as row from ${table} t ${own[table] ?? ''}`,
      );
      return (await sql<{ row: string }>(`${rows.join(' union all ')} order by row`))
        .map(({ row }) => row)
        .join('\n');
    },
    async activeToday({ accountId }) {
      const { uuid } = parseId(accountId);
      await eventually(async () => (await sql(activeOf, uuid)).length > 0);
    },
    async settled() {
      await eventually(async () => (await sql(unsettled)).length === 0);
    },
  };
}

/** Activity of today is recorded in the background, at any moment. */
const own: Readonly<Record<string, string>> = { recorded_event: `where event_type <> 'user.active'` };

const activeOf = `select from recorded_event
  where event_type = 'user.active' and account_id = $1 and applied_at is not null`;

const unsettled = `select from recorded_event where applied_at is null and failed_at is null
  union all select from live_event where seq is null`;
