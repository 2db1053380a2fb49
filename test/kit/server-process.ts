import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inTime } from './eventually.ts';
import type { Site } from './site.ts';
import { whenDone } from './when-done.ts';

const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

/** A server in a process of its own, as it is built, that a test may kill. */
export interface ServerProcess {
  readonly url: string;
  /** False once it has ended, whoever ended it. */
  readonly running: boolean;
  /** SIGKILL: between any two of its statements. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
  /** Any signal, without waiting for what comes of it. */
  signal(signal: NodeJS.Signals): void;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
  /** What it has written, by lines. */
  readonly output: readonly string[];
}

/** Starts a process at a site and waits until it serves; it is killed when the test is done. */
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

/** In ms: beside whatever else is at work on this machine. */
const longestStart = 30_000;

const ordinary = {
  NODE_ENV: 'development',
  PORT: '0',
  GRAPHIQL: 'false',
  SEED_DEMO: 'false',
  LOG_LEVEL: 'warn',
  STOP_GRACE: '1ms',
  // Tests ask for more in a second than people do; those of the rates set their own.
  LIMIT_RATE_USER: '0',
  LIMIT_RATE_ADDRESS: '0',
};

async function urlOf({ stdout }: ChildProcess, output: string[]): Promise<string> {
  if (stdout === null) throw new Error('The server has no output.');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Read to its end: a server whose pipe is full waits for its reader.
  createInterface(stdout)
    .on('line', (line) => {
      output.push(line);
      const [url] = /http:\/\/\S+:\d+$/.exec(line) ?? [];
      if (url !== undefined) resolve(url);
    })
    .once('close', () => reject(new Error('The server ended before it served.')));
  return promise;
}
