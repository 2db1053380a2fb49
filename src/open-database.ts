import type { Config } from './config.ts';
import { type Database, type DatabaseOptions, openDatabase } from './database/database.ts';

export type DatabaseSettings = Pick<Config, 'databaseUrl' | 'databasePool' | 'dataDir'>;

/**
 * Opens the database that the settings name: that of DATABASE_URL, or else that of the embedded server in DATA_DIR,
 * which is started unless another process runs it already. After closing, the last process to leave stops that server.
 * @throws what `openDatabase` and `startEmbedded` throw; nothing is left open then
 */
export async function openConfiguredDatabase(
  { databaseUrl, databasePool: poolSize, dataDir }: DatabaseSettings,
  options: Omit<DatabaseOptions, 'url' | 'poolSize'>,
): Promise<Database> {
  if (databaseUrl !== undefined) return openDatabase({ ...options, url: databaseUrl, poolSize });
  // Imported only here, so that production loads nothing of it.
  const { startEmbedded } = await import('./dev-database/embedded.ts');
  await using opening = new AsyncDisposableStack();
  const embedded = opening.adopt(
    await startEmbedded({ dataDir, log: (message) => options.log.debug(message) }),
    (server) => server.stop(),
  );
  const database = opening.adopt(await openDatabase({ ...options, url: embedded.url, poolSize }), (opened) =>
    opened.close(),
  );
  const opened = opening.move();
  return { ...database, close: () => opened.disposeAsync() };
}
