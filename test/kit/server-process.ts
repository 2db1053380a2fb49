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
  /** SIGKILL: between any two of its statements. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
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
  const ended = once(child, 'exit');
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await inTime(ended, 'the server to end');
  };
  whenDone(() => child.exitCode === null && child.signalCode === null && end('SIGKILL'));
  return {
    url: await inTime(urlOf(child), 'the server to start'),
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      return child.exitCode;
    },
  };
}

const ordinary = {
  NODE_ENV: 'development',
  PORT: '0',
  GRAPHIQL: 'false',
  SEED_DEMO: 'false',
  LOG_LEVEL: 'warn',
  STOP_GRACE: '1ms',
};

async function urlOf({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('The server has no output.');
  for await (const line of createInterface(stdout)) {
    const [url] = /http:\/\/\S+:\d+$/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error('The server ended before it served.');
}
