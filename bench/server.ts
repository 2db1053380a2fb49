import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export interface Server {
  readonly url: string;
  /** Stops the server and its PostgreSQL, and removes their data. */
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../dist/server.js', import.meta.url));

/**
 * Starts what `npm start` starts, in a separate process, with an embedded PostgreSQL and demo data in a new
 * folder. The settings of the clone are not used.
 * @throws if it does not start; the reason is on standard error by then
 */
async function startServer(settings: Readonly<Record<string, string>>): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'questline-bench-'));
  const child = spawn(process.execPath, [program], {
    // Not started in the clone, whose .env would be read.
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { url: await urlOf(child, child.stdout), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function urlOf(child: ChildProcess, output: Readable): Promise<string> {
  const lines = createInterface({ input: output });
  for await (const line of lines) {
    const [, url] = /ready at (http\S+)/.exec(line) ?? [];
    if (url === undefined) continue;
    // Keeps reading its output, because the server would block on a full pipe.
    output.resume();
    return url;
  }
  throw new Error(`The server ended before it was ready, with exit code ${child.exitCode}.`);
}

/** Starts a server with these settings for the work, and stops it however the work ends. */
export async function withServer<T>(
  work: (server: Server) => Promise<T>,
  settings: Readonly<Record<string, string>> = {},
): Promise<T> {
  const server = await startServer(settings);
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => void server.stop().finally(() => process.exit(1)));
  }
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}
