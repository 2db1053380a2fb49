import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbedded } from '../src/dev-database/embedded.ts';
import { FaultProxy } from '../test/kit/fault-proxy.ts';
import { launchRedis } from '../test/setup/redis.ts';
import { ask } from './graphql.ts';

/** A server in a separate process. */
export interface Server {
  readonly url: string;
  readonly child: ChildProcess;
}

/** A PostgreSQL and a Redis behind proxies, and servers that use them. */
export interface Bed extends AsyncDisposable {
  readonly postgres: FaultProxy;
  readonly redis: FaultProxy;
  /** Bypasses the proxies. */
  readonly databaseUrl: string;
  /** Bypasses the proxies. */
  sql<Row extends pg.QueryResultRow>(text: string, ...values: unknown[]): Promise<Row[]>;
  /** @param port a free one if left out */
  serve(port?: number): Promise<Server>;
}

const program = fileURLToPath(new URL('../dist/server.js', import.meta.url));

export async function makeBed(): Promise<Bed> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'questline-bench-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = await startEmbedded({ dataDir: join(folder, 'data') });
  stack.defer(() => database.stop());
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  // If the connection is lost, the next query reports it.
  pool.on('error', () => undefined);
  stack.defer(() => pool.end());
  const server = stack.use(await launchRedis(folder));
  const postgres = stack.adopt(await FaultProxy.open(database.url), (proxy) => proxy.close());
  const redis = stack.adopt(await FaultProxy.open(server.url), (proxy) => proxy.close());
  const env = {
    PATH: process.env.PATH,
    DATABASE_URL: postgres.urlOf(database.url),
    REDIS_URL: redis.urlOf(server.url),
    DATA_DIR: join(folder, 'server'),
    LOG_LEVEL: 'silent',
    LIMIT_RATE_USER: '0',
    LIMIT_RATE_ADDRESS: '0',
  };
  return {
    postgres,
    redis,
    databaseUrl: database.url,
    sql: async (text, ...values) => (await pool.query(text, values)).rows,
    async serve(port = 0) {
      const child = spawn(process.execPath, [program], {
        cwd: folder,
        env: { ...env, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      stack.defer(() => void child.kill('SIGKILL'));
      return { url: await urlOf(child), child };
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function urlOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface({ input: child.stdout })) {
    const [url] = /http:\/\/\S+:\d+/.exec(line) ?? [];
    if (url === undefined) continue;
    child.stdout.resume();
    return url;
  }
  throw new Error('The server ended before it was ready.');
}

/** Sends SIGTERM. @returns the exit code, and how long it took, in ms */
export async function stop({ child }: Server): Promise<{ code: number | null; ms: number }> {
  const begun = performance.now();
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, ms: performance.now() - begun };
}

const signInAs = `mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }`;
const signUpAs = `mutation ($input: SignUpInput!) { signUp(input: $input) { accessToken account { user { id } } } }`;

/** Signs in the admin of the demo data. @returns the access token */
export async function demoAdmin(url: string): Promise<string> {
  const variables = { input: { login: 'admin', password: 'password' } };
  return (await ask<{ signIn: { accessToken: string } }>(url, signInAs, { variables })).signIn.accessToken;
}

export interface Somebody {
  readonly id: string;
  readonly token: string;
}

export async function newcomer(url: string, name: string): Promise<Somebody> {
  const input = {
    username: name,
    email: `${name}@example.com`,
    password: 'plum violin harbour',
    timeZone: 'UTC',
  };
  const { signUp } = await ask<{ signUp: { accessToken: string; account: { user: { id: string } } } }>(
    url,
    signUpAs,
    { variables: { input } },
  );
  return { id: signUp.account.user.id, token: signUp.accessToken };
}
