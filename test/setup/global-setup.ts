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
    /** For the files that the run writes; removed afterwards, together with the servers that keep their files in it. */
    folder: string;
    /** For the superuser, in the database `postgres`. */
    postgresAdminUrl: string;
    /** For the ordinary role, in the database of which each test gets a copy. */
    postgresTemplateUrl: string;
    redisUrl: string;
    /** How many databases of that Redis are ours; 0 if it belongs to somebody else, who may use them. */
    redisDatabases: number;
  }
}

/** The clients that test/clients tries, with a separate lockfile: none of them is a dependency of the server. */
const clients = fileURLToPath(new URL('../clients', import.meta.url));

/** Starts one PostgreSQL and one Redis for all test files; both are stopped however the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await ensureInstalled(clients);
  await using started = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'questline-test-'));
  started.defer(() => rm(folder, { recursive: true, force: true }));
  started.use(startWatchdog(folder));
  // If root runs the tests, PostgreSQL runs as another user, who has to reach its files.
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
