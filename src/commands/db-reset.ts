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
    throw new CommandRefused('All data of production would be lost. To reset anyway, add --yes.');
  const seeded = await withDatabase(config, async (database, log) => {
    await dropEverything(database);
    await migrate(database, log);
    return (
      config.seedDemo &&
      (await seedDemo(database, { passwords: new Passwords(), baseUrl: baseUrlOf(config) }))
    );
  });
  return `The database was created again${seeded ? ', with the demo data' : ' and is empty'}. Restart the servers that use it.`;
});
