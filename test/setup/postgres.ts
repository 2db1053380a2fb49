import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { startEmbedded } from '../../src/dev-database/embedded.ts';

const schema = new URL('../../init.sql', import.meta.url);

/** Test data need not survive a power cut. */
const forgetful = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };

export interface TestPostgres extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
}

/** A server in its own folder; init.sql creates its database `questline`, which is copied for each test. */
export async function startPostgres(folder: string): Promise<TestPostgres> {
  const server = await startEmbedded({ dataDir: folder, settings: forgetful });
  try {
    await makeTemplate(server.url, server.adminUrl);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { url: server.url, adminUrl: server.adminUrl, [Symbol.asyncDispose]: () => server.stop() };
}

async function makeTemplate(url: string, adminUrl: string): Promise<void> {
  await fillSchema(url);
  // A database cannot be copied while anybody is connected to it, not even autovacuum.
  await withClient(adminUrl, (client) =>
    client.query('alter database questline with allow_connections false'),
  );
}

/** Applies init.sql to an empty database. */
export async function fillSchema(url: string): Promise<void> {
  const sql = await readFile(schema, 'utf8');
  await withClient(url, async (client) => {
    try {
      await client.query(sql);
    } catch (error) {
      throw located(sql, error);
    }
  });
}

function located(sql: string, error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError) || error.position === undefined) return error;
  const line = sql.slice(0, Number(error.position)).split('\n').length;
  return new Error(`init.sql:${line}: ${error.message}`, { cause: error });
}

/** Runs some statements on a new connection. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
