import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Passwords } from '../auth/password.ts';
import { migrate } from '../database/migrate.ts';
import { seedDemo } from '../seed/demo.ts';
import { baseUrlOf, CommandRefused, runCommand, withDatabase } from './command.ts';

await runCommand(async (config, args) => {
  parseArgs({ args, options: {} });
  // Everyone knows the passwords of the demo accounts, and one of them is an admin.
  if (config.production && !config.seedDemo)
    throw new CommandRefused('Demo data is off in production. To write it anyway, set SEED_DEMO=true.');
  const seeded = await withDatabase(config, async (database, log) => {
    await migrate(database, log);
    return seedDemo(database, { passwords: new Passwords(), baseUrl: baseUrlOf(config) });
  });
  return seeded
    ? 'The demo data was written.'
    : 'Nothing was written, because the database already has accounts. To create it again: npm run db:reset';
});
