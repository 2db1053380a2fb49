import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { migrate } from '../database/migrate.ts';
import { runCommand, withDatabase } from './command.ts';

await runCommand(async (config, args) => {
  parseArgs({ args, options: {} });
  const done = await withDatabase(config, migrate);
  if (done.length === 0) return 'The database already has the newest schema.';
  return `The database was migrated to the newest schema: ${done.join(', ')}.`;
});
