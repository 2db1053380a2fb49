import process from 'node:process';
import { type Config, loadConfig } from '../config.ts';
import type { Database } from '../database/database.ts';
import { entities } from '../entities/index.ts';
import { createLogger, type Logger } from '../logger.ts';
import { openConfiguredDatabase } from '../open-database.ts';
import { startProblem } from '../start-problem.ts';
import { httpUrl } from '../transport/origins.ts';

/** A problem that the person who called the command can fix. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}

/**
 * Runs a command. Prints the line that it returns; or what is wrong, with exit code 1, even if it is the settings.
 * @param command is given the settings and the arguments after the command's name
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

/** The URL that a server with these settings will have. If it may take any port, it corrects the URL when it starts. */
export function baseUrlOf({ publicUrl, host, port }: Config): string {
  return publicUrl ?? httpUrl(host, port);
}

/** The message of an error and of its cause. If there are several, such as for the addresses of a host, all of them. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error instanceof AggregateError ? error.errors.map(explain).join('; ') : error.message;
  return error.cause === undefined ? message : `${message}\n  ${explain(error.cause)}`;
}
