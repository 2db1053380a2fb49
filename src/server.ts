import process from 'node:process';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { type App, createApp } from './app.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { announce } from './seed/announce.ts';
import { startProblem } from './start-problem.ts';

/** The stop is over after this time even if work is unfinished, besides the time that sockets are given, in ms. */
const longestStop = 7_500;

/**
 * How much the heap may grow beyond what is in use before it is collected, in percent. V8 reads it at each collection;
 * by default it lets a server that reads megabytes grow to several times what it needs.
 */
setFlagsFromString('--heap-growing-percent=60');

/** Starts, and stops once, however many signals come: npm and a terminal may send the same one twice. */
async function main(): Promise<void> {
  refuseArguments(process.argv.slice(2));
  const config = loadConfig();
  const life = new Life(config);
  process.on('SIGTERM', () => life.stop(0)).on('SIGINT', () => life.stop(0));
  // Unhandled rejections come here too.
  process.on('uncaughtException', (error) => life.crash(error));
  // The reader of this output may have gone; the server goes on.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const app = await createApp(config).catch((error: unknown) => fail(error, config));
  if (life.begin(app)) process.stdout.write(announce(app, config));
}

/** An option that is ignored would look like one that works: everything is set by variables. */
function refuseArguments(args: readonly string[]): void {
  if (args.length === 0) return;
  process.stderr.write(
    `The server takes no arguments (${args.join(' ')}); set variables instead, such as PORT=4001.\n`,
  );
  process.exit(1);
}

/** One run of the process, from the start to the one stop. */
class Life {
  readonly #config: Config;
  #app: App | undefined;
  /** The exit code, once the process has been told to end. */
  #exitCode: number | undefined;

  constructor(config: Config) {
    this.#config = config;
  }

  /** @returns false if a signal came during the start, and has waited for this */
  begin(app: App): boolean {
    this.#app = app;
    if (this.#exitCode === undefined) return true;
    this.#end(app);
    return false;
  }

  stop(exitCode: number): void {
    const first = this.#exitCode === undefined;
    this.#exitCode = Math.max(this.#exitCode ?? 0, exitCode);
    if (!first) return;
    setTimeout(() => this.#giveUp(), this.#config.stopGrace + longestStop);
    if (this.#app) this.#end(this.#app);
  }

  /** An uncaught error may have left anything broken: a new process is better than a broken one that goes on. */
  crash(error: unknown): void {
    if (!this.#app) fail(error, this.#config);
    this.#app.log.fatal({ err: error }, 'unhandled error: the server stops');
    this.stop(1);
  }

  #end(app: App): void {
    app.close().then(
      () => process.exit(this.#exitCode),
      (error: unknown) => fail(error, this.#config),
    );
  }

  #giveUp(): never {
    const reason = 'the server did not stop in time: it exits with work unfinished';
    if (this.#app) this.#app.log.fatal(reason);
    else process.stderr.write(`${reason}\n`);
    process.exit(1);
  }
}

function fail(error: unknown, config?: Config): never {
  const problem = config === undefined ? undefined : startProblem(error, config);
  process.stderr.write(`${problem ?? (error instanceof ConfigError ? error.message : inspect(error))}\n`);
  process.exit(1);
}

main().catch(fail);
