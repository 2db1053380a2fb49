import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

export interface TestRedis extends AsyncDisposable {
  readonly url: string;
  /** How many databases are ours alone; 0 for a server that somebody else runs. */
  readonly databases: number;
}

const DATABASES = 1_024;
/** In milliseconds, for a server on this machine. */
const DEADLINE = 10_000;

/**
 * The Redis of the tests: REDIS_URL, else a `redis-server` from the PATH on a free port, else one that is installed now
 * if this user is allowed to.
 * @throws if there is none
 */
export async function startRedis(folder: string): Promise<TestRedis> {
  const given = process.env.REDIS_URL;
  if (given) {
    await answers(given);
    return { url: given, databases: 0, [Symbol.asyncDispose]: async () => undefined };
  }
  if (!hasRedis()) install();
  return launchRedis(folder);
}

/**
 * A separate server, for a test that stops one.
 * @param port the port of a server that was stopped, to start it again
 */
export async function launchRedis(folder: string, port?: number): Promise<TestRedis> {
  const chosen = port ?? (await freePort());
  const child = spawn('redis-server', serverOptions(folder, chosen), { stdio: 'ignore', detached: true });
  const url = `redis://127.0.0.1:${chosen}`;
  await Promise.race([answers(url), failure(child, folder)]);
  return { url, databases: DATABASES, [Symbol.asyncDispose]: () => stop(child) };
}

function serverOptions(folder: string, port: number): string[] {
  const options = {
    port,
    bind: '127.0.0.1',
    databases: DATABASES,
    save: '',
    appendonly: 'no',
    dir: folder,
    pidfile: join(folder, 'redis.pid'),
    logfile: join(folder, 'redis.log'),
  };
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

async function failure(child: ChildProcess, folder: string): Promise<never> {
  const [code] = await once(child, 'exit');
  throw new Error(`redis-server ended with exit code ${code}: see ${join(folder, 'redis.log')}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** @throws if it does not answer in time */
async function answers(url: string): Promise<void> {
  const deadline = Date.now() + DEADLINE;
  for (;;) {
    const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.ping();
      return;
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`No Redis answers at ${new URL(url).host}`, { cause: error });
      await delay(20);
    } finally {
      client.disconnect();
    }
  }
}

function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** @throws if this user may not install packages, or if that does not help */
function install(): void {
  const [command, ...args] = installer();
  if (command) {
    console.log('Installing redis-server …');
    // A runlevel of 1 keeps the package from starting a server itself.
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    spawnSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
  }
  if (!hasRedis()) {
    throw new Error(
      'The tests need a Redis: install redis-server, or set REDIS_URL to a server that they may use.',
    );
  }
}

function installer(): string[] {
  if (process.platform === 'darwin') return ['brew', 'install', 'redis'];
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return [];
  return ['/bin/sh', '-c', 'apt-get update && apt-get install -y --no-install-recommends redis-server'];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
