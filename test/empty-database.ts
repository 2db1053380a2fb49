import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../src/database/database.ts';
import { migrate } from '../src/database/migrate.ts';
import { entities } from '../src/entities/index.ts';
import { whenDone } from './kit/when-done.ts';
import { withClient } from './setup/postgres.ts';
import { createDatabase } from './setup/services.ts';

export const silent = pino({ level: 'silent' });

export interface ScratchDatabase extends AsyncDisposable {
  readonly url: string;
}

/** An empty database that the ordinary role owns. */
export async function emptyDatabase(): Promise<ScratchDatabase> {
  const admin = inject('postgresAdminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await withClient(admin, (client) => client.query(`create database ${name} owner questline`));
  const url = new URL(inject('postgresTemplateUrl'));
  url.pathname = name;
  return {
    url: url.href,
    async [Symbol.asyncDispose]() {
      await withClient(admin, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

/** A database created by init.sql, open as the server opens it until the file is done. */
export async function databaseOfFile(): Promise<{ database: Database; url: string }> {
  const made = await createDatabase();
  whenDone(() => made.drop());
  const database = await open(made.url);
  whenDone(() => database.close());
  return { database, url: made.url };
}

/** A database created by the migrations. */
export async function migratedDatabase(): Promise<ScratchDatabase> {
  const empty = await emptyDatabase();
  await using database = await open(empty.url);
  await migrate(database, silent);
  return empty;
}

/**
 * Opens a database as the server does.
 * @param onStatement called with the name of each statement that is sent
 */
export async function open(
  url: string,
  onStatement: (name: string) => void = () => undefined,
): Promise<Database & AsyncDisposable> {
  const database = await openDatabase({ url, entities, log: silent, poolSize: 3, onStatement });
  return { ...database, [Symbol.asyncDispose]: database.close };
}
