import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startEmbedded } from '../../src/dev-database/embedded.ts';
import { launchRedis } from '../../test/setup/redis.ts';
import { ask } from '../graphql.ts';
import { memoryOf } from '../process.ts';
import { attackers, lateUser, password } from './names.ts';

/** A server in a separate process, configured as in production. */
export interface Served {
  readonly url: string;
  /** False once it has ended. */
  readonly isRunning: boolean;
  /** Resident memory, in bytes; 0 once it has ended. */
  memory(): Promise<number>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
}

/** A database with much data and a Redis, for one server after another. */
export interface Stage extends AsyncDisposable {
  readonly sql: pg.Pool;
  /** The cursor of live events before there were any. */
  readonly oldCursor: string;
  /** Starts a server with an empty Redis. */
  serve(): Promise<Served>;
}

/** With the default limits, and clients that choose their own address. */
const production = {
  NODE_ENV: 'production',
  PORT: '0',
  LOG_LEVEL: 'warn',
  SEED_DEMO: 'true',
  TRUST_PROXY: 'true',
  JWT_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  JWE_SECRET: randomBytes(32).toString('base64'),
};

/** However the run ends, also by an error or a signal, everything is cleaned up. */
export async function openStage(): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      // Ignores failures that the interruption causes.
      process.on('uncaughtException', () => undefined);
      void stack.disposeAsync().finally(() => process.exit(1));
    });
  }
  try {
    return await setUp(stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function setUp(stack: AsyncDisposableStack): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'questline-attacks-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const starting = startEmbedded({ dataDir: join(folder, 'data') });
  stack.defer(async () => (await starting).stop());
  const database = await starting;
  const redis = stack.use(await launchRedis(folder));
  const sql = new pg.Pool({ connectionString: database.url, max: 2 });
  stack.defer(() => sql.end());
  let filled = false;
  const serve = async () => {
    await emptyRedis(redis.url);
    if (filled) await sql.query(forgetWork);
    const env = { ...production, DATABASE_URL: database.url, REDIS_URL: redis.url, DATA_DIR: folder };
    const served = await startServer(folder, env);
    stack.defer(() => served.kill());
    return served;
  };
  const oldCursor = await fill(await serve(), sql);
  filled = true;
  return { sql, oldCursor, serve, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Discards events that are not applied yet, so that one attack leaves no work for the next. */
const forgetWork =
  'update recorded_event set applied_at = now() where applied_at is null and failed_at is null';

async function emptyRedis(url: string): Promise<void> {
  const redis = new Redis(url);
  await redis.flushall();
  redis.disconnect();
}

const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

async function startServer(folder: string, env: Readonly<Record<string, string>>): Promise<Served> {
  // Not started in the clone, whose .env would be read.
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  const { pid } = child;
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /ready at (http\S+)/.exec(line) ?? [];
    if (url === undefined || pid === undefined) continue;
    child.stdout.resume();
    return {
      url,
      get isRunning() {
        return isRunning();
      },
      // A process that is just ending has no memory any more.
      memory: () =>
        memoryOf(pid).then(
          (bytes) => bytes || 0,
          () => 0,
        ),
      kill,
    };
  }
  throw new Error('The server ended before it was ready.');
}

/** @returns the first cursor of live events */
async function fill(server: Served, sql: pg.Pool): Promise<string> {
  const { liveCursor } = await ask<{ liveCursor: string }>(server.url, '{ liveCursor }');
  for (const username of [...attackers, lateUser]) {
    const input = { username, email: `${username}@example.com`, password };
    await ask(
      server.url,
      'mutation ($input: SignUpInput!) { signUp(input: $input) { userErrors { message } } }',
      { variables: { input } },
    );
  }
  await sql.query(await readFile(new URL('ground.sql', import.meta.url), 'utf8'));
  await sql.query('vacuum analyze');
  const unnumbered = 'select from live_event where seq is null limit 1';
  while ((await sql.query(unnumbered)).rowCount !== 0) await pause(100);
  await server.kill();
  return liveCursor;
}
