import { readdir, readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { sqlStateOf } from './sql-state.ts';
import { statement } from './statement.ts';

/** The key of the advisory lock that every change of the schema takes. */
export const migrationLock = `hashtextextended('questline.migrate', 0)`;

/** Time limit of one migration, which may rewrite a table, in ms. */
const longestMigration = 30 * 60_000;

/** The same path from `src/` and from `dist/`. */
const folder = new URL('../../migrations/', import.meta.url);

const applied = statement<{ name: string }>('migrate.applied', 'select name from migration');

/**
 * Brings the database up to date: runs the migrations in `migrations/` that the table `migration` does not list, in the
 * order of their names, each in a separate transaction. If there is nothing to do, it costs one statement. Several
 * processes may call it at once: one works, the others wait for it.
 * @param patience how long to wait for another process that is migrating, in ms
 * @returns the names of the migrations that this call has run
 * @throws Error if a migration fails, which then writes nothing, or if the patience was not enough; the driver's
 *   error if PostgreSQL cannot be reached
 */
export async function migrate(database: Database, log: Logger, patience = 60_000): Promise<string[]> {
  const names = await migrations();
  const before = await orNone(database.query(applied));
  if (names.every((name) => before.includes(name))) return [];
  const client = await database.connect();
  try {
    await lock(client, patience);
    const done = await orNone(client.ask<{ name: string }>({ text: applied.text }).then(({ rows }) => rows));
    const pending = names.filter((name) => !done.includes(name));
    for (const name of pending) {
      await run(client, name);
      // A new database has nothing to report: it begins with the newest schema.
      log[done.length === 0 ? 'debug' : 'info']({ migration: name }, 'the database was migrated');
    }
    return pending;
  } finally {
    await client.end();
  }
}

/** The names of all migrations in order, such as 0001-initial. */
export async function migrations(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
}

/** Takes the lock, which is held until the connection ends. */
async function lock(client: Connection, patience: number): Promise<void> {
  await client.ask({ text: `set lock_timeout = ${patience}` });
  try {
    await client.ask({ text: `select pg_advisory_lock(${migrationLock})` }, patience + 5_000);
  } catch (error) {
    const timedOut = sqlStateOf(error) === '55P03';
    throw timedOut ? new Error('Another process is migrating, and for too long.', { cause: error }) : error;
  }
  // A change of a table that waits long for its lock holds up everything behind it: it is better to fail and try again.
  await client.ask({ text: `set lock_timeout = '10s'` });
}

async function run(client: Connection, name: string): Promise<void> {
  const sql = await readFile(new URL(`${name}.sql`, folder), 'utf8');
  try {
    await client.ask({ text: 'begin' });
    await client.ask({ text: sql }, longestMigration);
    await client.ask({ text: 'insert into migration (name) values ($1)', values: [name] });
    await client.ask({ text: 'commit' }, longestMigration);
  } catch (error) {
    // The connection ends with this call, and so does the transaction.
    throw new Error(`The migration ${name} failed.`, { cause: error });
  }
}

/** The names in the table; none if the database is so new that the table does not exist. */
async function orNone(reading: Promise<{ name: string }[]>): Promise<string[]> {
  try {
    return (await reading).map((row) => row.name);
  } catch (error) {
    if (sqlStateOf(error) === '42P01') return [];
    throw error;
  }
}
