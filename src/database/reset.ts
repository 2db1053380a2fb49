import type { Database } from './database.ts';
import { migrationLock } from './migrate.ts';

/**
 * Drops all that is in the schema `public`, the table of migrations with it, and leaves the schema as a new database
 * has it. Whoever owns the database may do so. Servers that run on it lose what they know of it: they have to be
 * started again.
 * @throws Error where the tables are in use for longer than 10 s; the driver's error. Nothing is dropped then.
 */
export async function dropEverything(database: Pick<Database, 'connect'>): Promise<void> {
  const client = await database.connect();
  try {
    await client.ask({ text: dropPublic }, 60_000);
  } finally {
    await client.end();
  }
}

// One simple query is one transaction. The owner and the right are those of a new database.
const dropPublic = `
  set lock_timeout = '10s';
  select pg_advisory_xact_lock(${migrationLock});
  drop schema if exists public cascade;
  create schema public;
  alter schema public owner to pg_database_owner;
  grant usage on schema public to public;
`;
