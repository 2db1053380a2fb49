import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startEmbedded } from '../../src/dev-database/embedded.ts';
import { launchRedis } from '../../test/setup/redis.ts';
import { cpuOf, memoryOf } from '../process.ts';
import { type Order, type Report, wallClock } from './protocol.ts';

/** What all rivals share: a database, a Redis, and a process with the sockets. */
export interface Bed extends AsyncDisposable {
  readonly folder: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  tell(order: Order): void;
  /** Waits for a report from the sockets. @throws if their process ends */
  report<T extends Report['type']>(type: T, to: string): Promise<Extract<Report, { type: T }>>;
  /** Publishes events and waits until every socket has all of them. @returns their delays, in ms */
  deliver(to: string, events: number, publish: (events: number) => Promise<void>): Promise<Delivery>;
  /** Registers cleanup for the end. */
  defer(close: () => void | Promise<void>): void;
  /** Starts a server alone on the first core, and waits until it reports its address. */
  serve(program: string, env: Record<string, string>): Promise<Served>;
}

export interface Delivery {
  readonly messages: number;
  /** From the publication until the last socket has the event, in ms. */
  readonly delays: readonly number[];
}

export interface Served {
  readonly url: string;
  /** User and system time so far, in ms. */
  cpu(): Promise<number>;
  /** Resident memory, in bytes. */
  memory(): Promise<number>;
}

/** Servers run on the first core, the sockets on the second. */
export async function makeBed(): Promise<Bed> {
  const stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'questline-fan-out-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const database = await startEmbedded({ dataDir: join(folder, 'data') });
  stack.defer(() => database.stop());
  const redis = stack.use(await launchRedis(folder));
  const run = (core: number, program: string, env: Record<string, string>, output: 'pipe' | 'ipc') => {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn('taskset', ['-c', String(core), process.execPath, '--no-warnings', path], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      stdio: output === 'ipc' ? ['ignore', 'inherit', 'inherit', 'ipc'] : ['ignore', 'pipe', 'inherit'],
    });
    stack.defer(() => void child.kill('SIGKILL'));
    return child;
  };
  const sockets = run(1, 'listeners.ts', {}, 'ipc');
  return {
    folder,
    databaseUrl: database.url,
    redisUrl: redis.url,
    tell: (order) => void sockets.send(order),
    report: (type, to) => reportOf(sockets, type, to),
    async deliver(to, events, publish) {
      const expecting = reportOf(sockets, 'expecting', to);
      sockets.send({ type: 'expect', to, events } satisfies Order);
      await expecting;
      const complete = reportOf(sockets, 'complete', to);
      const at = wallClock();
      await publish(events);
      const { messages, lastAt } = await complete;
      return { messages, delays: lastAt.map((last) => last - at) };
    },
    defer: (close) => stack.defer(close),
    serve: async (program, env) => served(run(0, program, env, 'pipe')),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function reportOf<T extends Report['type']>(
  sockets: ChildProcess,
  type: T,
  to: string,
): Promise<Extract<Report, { type: T }>> {
  const { promise, resolve, reject } = Promise.withResolvers<Extract<Report, { type: T }>>();
  const onMessage = (report: Report) => {
    if (isReport(report, type) && report.to === to) resolve(report);
  };
  const onExit = () => reject(new Error('The process with the sockets has ended.'));
  sockets.on('message', onMessage).once('exit', onExit);
  return promise.finally(() => sockets.off('message', onMessage).off('exit', onExit));
}

function isReport<T extends Report['type']>(report: Report, type: T): report is Extract<Report, { type: T }> {
  return report.type === type;
}

async function served(child: ChildProcess): Promise<Served> {
  const { stdout, pid } = child;
  if (stdout === null || pid === undefined) throw new Error('The server was not started.');
  for await (const line of createInterface(stdout)) {
    const [, url] = /ready at (\S+)/.exec(line) ?? [];
    if (url === undefined) continue;
    stdout.resume();
    return { url, cpu: () => cpuOf(pid), memory: () => memoryOf(pid) };
  }
  throw new Error('A server ended before it was ready.');
}
