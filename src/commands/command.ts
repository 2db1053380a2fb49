import process from 'node:process';
import { type Config, loadConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import { entities } from '../entities/index.ts';
import { createLogger, type Logger } from '../logger.ts';
import { openConfiguredDatabase } from '../open-database.ts';
import { startProblem } from '../start-problem.ts';
import { httpUrl } from '../transport/origins.ts';

/** What whoever called the command can put right. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}

/**
 * Runs a command: prints the line that it gives, or what is wrong, be it with the settings, with exit code 1.
 * @param command is given the settings and what stands behind the command's name
 */
export async function runCommand(
  command: (config: Config, args: string[]) => Promise<string>,
): Promise<void> {
  let config: Config | undefined;
  try {
    config = loadConfig();
    console.log(await command(config, process.argv.slice(2)));
  } catch (error) {
    const problem = config === undefined ? undefined : startProblem(error, config);
    console.error(problem ?? explain(error));
    process.exitCode = 1;
  }
}

/** Opens the database that the settings name, and closes it after the work, however that ends. */
export async function withDatabase<T>(
  config: Config,
  work: (database: Database, log: Logger) => Promise<T>,
): Promise<T> {
  const log = createLogger('warn', () => undefined);
  const database = await openConfiguredDatabase(config, { entities, log });
  try {
    return await work(database, log);
  } finally {
    await database.close();
  }
}

/** Where a server with these settings will be; one that takes any port sets it right when it starts. */
export function baseUrlOf({ publicUrl, host, port }: Config): string {
  return publicUrl ?? httpUrl(host, port);
}

/** The message of an error and of what caused it; each, where there are several, as of the addresses of a host. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error instanceof AggregateError ? error.errors.map(explain).join('; ') : error.message;
  return error.cause === undefined ? message : `${message}\n  ${explain(error.cause)}`;
}
