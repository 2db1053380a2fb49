import process from 'node:process';
import { inspect } from 'node:util';
import { type App, createApp } from './app.ts';
import { ConfigError, loadConfig } from './config.ts';
import { announce } from './seed/announce.ts';

/** Starts, and stops once however many signals come: npm and a terminal may send the same one twice. */
async function main(): Promise<void> {
  let app: App | undefined;
  let stopping = false;
  const stop = () => {
    stopping = true;
    app?.close().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
  const config = loadConfig();
  app = await createApp(config);
  // A signal that came during the start has waited for this.
  if (stopping) stop();
  else process.stdout.write(announce(app, config));
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof ConfigError ? error.message : inspect(error)}\n`);
  process.exit(1);
}

main().catch(fail);
