import { readdir, readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Connection } from './connection.ts';
import type { Database } from './database.ts';
import { sqlStateOf } from './sql-state.ts';
import { statement } from './statement.ts';

/** The key of the advisory lock under which alone the schema is changed. */
export const migrationLock = `hashtextextended('questline.migrate', 0)`;

/** For one migration, which may write a table anew, in ms. */
const longestMigration = 30 * 60_000;

/** Beside `src/` and `dist/` alike. */
const folder = new URL('../../migrations/', import.meta.url);

const applied = statement<{ name: string }>('migrate.applied', 'select name from migration');

/**
 * Brings the database up to date: runs what `migrations/` holds and the table `migration` does not name, in the order
 * of the names, each in a transaction of its own. Where there is nothing to do it costs one statement. Several
 * processes may do so at once: one works, the others wait for it.
 * @param patience how long to wait for another process that is at it, in milliseconds
 * @returns the names of the migrations that this call has run.
 * @throws Error where one fails, of which nothing is written then, or where the patience was not enough; the driver's
 *   error where PostgreSQL can't be reached.
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
      // Of a new database there is nothing to tell: it begins with the newest schema.
      log[done.length === 0 ? 'debug' : 'info']({ migration: name }, 'the database was migrated');
    }
    return pending;
  } finally {
    await client.end();
  }
}

/** The names of all migrations, such as 0001-initial, in their order. */
export async function migrations(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length))
    .sort();
}

/** Held until the connection ends. */
async function lock(client: Connection, patience: number): Promise<void> {
  await client.ask({ text: `set lock_timeout = ${patience}` });
  try {
    await client.ask({ text: `select pg_advisory_lock(${migrationLock})` }, patience + 5_000);
  } catch (error) {
    const timedOut = sqlStateOf(error) === '55P03';
    throw timedOut ? new Error('Another process is migrating, and for too long.', { cause: error }) : error;
  }
  // A change of a table that waits long for its lock holds up all that comes after it: better to fail and come back.
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
    // The connection ends with this call, and with it the transaction.
    throw new Error(`The migration ${name} failed.`, { cause: error });
  }
}

/** The names in the table; none where a database is so new that it has no such table. */
async function orNone(reading: Promise<{ name: string }[]>): Promise<string[]> {
  try {
    return (await reading).map((row) => row.name);
  } catch (error) {
    if (sqlStateOf(error) === '42P01') return [];
    throw error;
  }
}
