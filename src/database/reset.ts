import type { Database } from './database.ts';
import { migrationLock } from './migrate.ts';

/**
 * Drops everything in the schema `public`, including the table of migrations, and leaves the schema as in a new
 * database. The database's owner may do so. Servers that use the database have to be restarted, because what they know
 * about it is gone.
 * @throws Error if the tables are in use for longer than 10 s; the driver's error. Nothing is dropped then.
 */
export async function dropEverything(database: Pick<Database, 'connect'>): Promise<void> {
  const client = await database.connect();
  try {
    await client.ask({ text: dropPublic }, 60_000);
  } finally {
    await client.end();
  }
}

// One simple query is one transaction. The owner and the grant are those of a new database.
const dropPublic = `
  set lock_timeout = '10s';
  select pg_advisory_xact_lock(${migrationLock});
  drop schema if exists public cascade;
  create schema public;
  alter schema public owner to pg_database_owner;
  grant usage on schema public to public;
`;
