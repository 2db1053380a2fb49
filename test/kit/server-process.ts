import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inTime } from './eventually.ts';
import type { Site } from './site.ts';
import { whenDone } from './when-done.ts';

const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

/** The built server in a process of its own, which a test may kill. */
export interface ServerProcess {
  readonly url: string;
  /** False once it has ended for any reason. */
  readonly running: boolean;
  /** Sends SIGKILL, which may hit between any two statements. */
  kill(): Promise<void>;
  /** Sends SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** Sends any signal, without waiting for the effect. */
  signal(signal: NodeJS.Signals): void;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** The lines that it has written. */
  readonly output: readonly string[];
}

/** Starts a process at a site and waits until it serves requests; it is killed when the test is done. */
export async function startProcess(
  site: Site,
  variables: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...ordinary, ...site.variables, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const output: string[] = [];
  const ended = once(child, 'exit').then(() => child.exitCode);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await inTime(ended, 'the server to end');
  };
  whenDone(() => isRunning() && end('SIGKILL'));
  return {
    url: await inTime(urlOf(child, output), 'the server to start', longestStart),
    get running() {
      return isRunning();
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      return child.exitCode;
    },
    signal: (signal) => void child.kill(signal),
    ended,
    output,
  };
}

/** In ms, allowing for other work on this machine. */
const longestStart = 60_000;

const ordinary = {
  NODE_ENV: 'development',
  PORT: '0',
  GRAPHIQL: 'false',
  SEED_DEMO: 'false',
  LOG_LEVEL: 'warn',
  STOP_GRACE: '1ms',
  // Tests send more requests per second than people do; tests of the rate limits set their own.
  LIMIT_RATE_USER: '0',
  LIMIT_RATE_ADDRESS: '0',
};

async function urlOf({ stdout }: ChildProcess, output: string[]): Promise<string> {
  if (stdout === null) throw new Error('The server has no output.');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Output is always read: a server blocks if its pipe is full.
  createInterface(stdout)
    .on('line', (line) => {
      output.push(line);
      const [url] = /http:\/\/\S+:\d+$/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    })
    .once('close', () => reject(new Error('The server ended before it served.')));
  return promise;
}
