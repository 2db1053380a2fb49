import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Passwords } from '../auth/password.ts';
import { migrate } from '../database/migrate.ts';
import { dropEverything } from '../database/reset.ts';
import { seedDemo } from '../seed/demo.ts';
import { baseUrlOf, CommandRefused, runCommand, withDatabase } from './command.ts';

await runCommand(async (config, args) => {
  const { yes } = parseArgs({ args, options: { yes: { type: 'boolean', default: false } } }).values;
  if (config.production && !yes)
    throw new CommandRefused('In production all data would be lost. To reset all the same: --yes');
  const seeded = await withDatabase(config, async (database, log) => {
    await dropEverything(database);
    await migrate(database, log);
    return (
      config.seedDemo &&
      (await seedDemo(database, { passwords: new Passwords(), baseUrl: baseUrlOf(config) }))
    );
  });
  return `The database is new, ${seeded ? 'with the demo data' : 'and empty'}. Servers that run on it: start them again.`;
});
