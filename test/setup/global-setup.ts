import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { ensureInstalled } from '../../scripts/install.mjs';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';
import { startWatchdog } from './watchdog.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** For whatever the run writes; gone after it, with the servers whose files lie in it. */
    folder: string;
    /** Of the superuser, in the database `postgres`. */
    postgresAdminUrl: string;
    /** Of the ordinary role, in the database that each test's own is a copy of. */
    postgresTemplateUrl: string;
    redisUrl: string;
    /** How many databases that Redis has for us; 0 where it is somebody's, who may use them. */
    redisDatabases: number;
  }
}

/** The clients that test/clients tries, with a lock of their own: none of them is a dependency of the server. */
const clients = fileURLToPath(new URL('../clients', import.meta.url));

/** One PostgreSQL and one Redis for all test files, stopped afterwards however the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureInstalled(clients);
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'questline-test-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  started.use(startWatchdog(folder));
  // Root's PostgreSQL is run by somebody else, who has to pass.
  await chmod(folder, 0o711);
  const redis = started.use(await startRedis(folder));
  const postgres = started.use(await startPostgres(folder));
  project.provide('folder', folder);
  project.provide('postgresAdminUrl', postgres.adminUrl);
  project.provide('postgresTemplateUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  project.provide('redisDatabases', redis.databases);
  const running = started.move();
  return () => running.disposeAsync();
}
