import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasCode, readIfThere } from '../data-dir.ts';
import { spawnAs } from './account.ts';
import { type Cluster, isAlive } from './cluster.ts';

/** The process that is the server of a cluster: the parent of all other processes of PostgreSQL. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/** How long a server may take to shut down before it is forced to, in ms. */
const PATIENCE = 20_000;

const standardSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '512MB',
  fsync: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Neither errors nor statements: they contain what people wrote, and the file is cut only when the server starts.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/**
 * The running server of a cluster, whoever started it.
 *
 * If the process of postmaster.pid is no longer that server, but a process with that id exists, the file is removed:
 * PostgreSQL would refuse to start.
 */
export async function findPostmaster({
  directory,
}: Pick<Cluster, 'directory'>): Promise<Postmaster | undefined> {
  const file = join(directory, 'postmaster.pid');
  const lines = (await readIfThere(file))?.split('\n') ?? [];
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  if (!(pid > 0 && port > 0)) return undefined;
  if (await isPostmaster(pid, directory)) return { pid, port };
  if (isAlive(pid)) await rm(file, { force: true });
  return undefined;
}

/** Starts the server on a free port; it is not ready yet, and ends by itself if another process was first. */
export async function launchPostmaster(cluster: Cluster): Promise<Postmaster> {
  const port = await freePort();
  const log = await open(cluster.logFile, 'a', 0o600);
  try {
    await log.truncate();
    const settings = Object.entries({ ...standardSettings, ...cluster.settings, port: String(port) });
    const options = settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawnAs(cluster.account, [cluster.postgres, '-D', cluster.directory, ...options], {
      stdio: ['ignore', log.fd, log.fd],
    });
    await once(child, 'spawn');
    child.unref();
    return { pid: child.pid ?? 0, port };
  } finally {
    await log.close();
  }
}

/** Whether a process is the server of that data directory: process ids are reused, by other programs too. */
export async function isPostmaster(pid: number, directory: string): Promise<boolean> {
  return isAlive(pid) && (await commandLine(pid)).includes(`postgres -D ${directory} `);
}

/**
 * Fast shutdown: sessions are ended, and everything is written.
 *
 * @throws if the server is still there after both signals
 */
export async function stopPostmaster({ pid }: Postmaster, directory: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    if (!(await isPostmaster(pid, directory))) return;
    process.kill(pid, signal);
    if (await isGone(pid, directory)) return;
  }
  throw new Error(`The embedded PostgreSQL (process ${pid}) does not stop`);
}

async function isGone(pid: number, directory: string): Promise<boolean> {
  const deadline = Date.now() + PATIENCE;
  while (await isPostmaster(pid, directory)) {
    if (Date.now() > deadline) return false;
    await delay(10);
  }
  return true;
}

/** The command line of a process; empty if it has ended, even if its parent has not collected it yet. */
async function commandLine(pid: number): Promise<string> {
  try {
    if (process.platform === 'linux')
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return (await promisify(execFile)('ps', ['-o', 'args=', '-p', String(pid)])).stdout;
  } catch (error) {
    // It ended meanwhile: /proc says so before and after the file was opened, and so does ps.
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH') || hasCode(error, 1)) return '';
    throw error;
  }
}

/** A port that was free a moment ago: if it is taken meanwhile, the server ends and is started again. */
async function freePort(): Promise<number> {
  const server = createServer().listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
