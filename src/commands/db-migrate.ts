import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { migrate } from '../database/migrate.ts';
import { runCommand, withDatabase } from './command.ts';

await runCommand(async (config, args) => {
  parseArgs({ args, options: {} });
  const done = await withDatabase(config, migrate);
  if (done.length === 0) return 'The database is at the newest schema already.';
  return `The database was brought to the newest schema: ${done.join(', ')}.`;
});
