import 'reflect-metadata';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Passwords } from '../auth/password.ts';
import { migrate } from '../database/migrate.ts';
import { transaction } from '../database/transaction.ts';
import { check, displayName, email, password, timeZone, username } from '../domain/fields.ts';
import { toId } from '../domain/ids.ts';
import { Refusal, type UserErrorData } from '../domain/refusal.ts';
import { roles } from '../entities/account.entity.ts';
import { createAccount } from '../services/account.service.ts';
import { CommandRefused, runCommand, withDatabase } from './command.ts';
import { readPassword } from './password.ts';

const missing = { error: 'Is missing.' };

const rules = z.object({
  email: z.string(missing).pipe(email),
  username: z.string(missing).pipe(username),
  role: z.enum(roles, { error: `Must be one of ${roles.join(', ')}.` }),
  'display-name': displayName.optional(),
  'time-zone': timeZone,
});

await runCommand(async (config, args) => {
  const fields = orRefused(check(rules, optionsOf(args), []));
  const secret = await readPassword({ input: process.stdin, output: process.stderr });
  const checked = orRefused(check(z.object({ password }), { password: secret }, []));
  const passwordHash = await new Passwords().hash(checked.password);
  const account = {
    email: fields.email,
    username: fields.username,
    displayName: fields['display-name'] ?? fields.username,
    timeZone: fields['time-zone'],
    role: fields.role,
    passwordHash,
  };
  const made = await withDatabase(config, async (database, log) => {
    await migrate(database, log);
    return transaction(database, (tx) => createAccount(tx, account));
  });
  const { accountId } = orRefused(made);
  return `The account ${account.username} was created with the role ${account.role}: ${toId('account', accountId)}`;
});

function optionsOf(args: string[]) {
  return parseArgs({
    args,
    options: {
      email: { type: 'string' },
      username: { type: 'string' },
      role: { type: 'string', default: 'USER' },
      'display-name': { type: 'string' },
      'time-zone': { type: 'string', default: 'UTC' },
    },
  }).values;
}

/** @throws CommandRefused with everything that is wrong, named by option */
function orRefused<T>(result: T | Refusal): T {
  if (!(result instanceof Refusal)) return result;
  const problems = result.errors.map((error) => `  ${optionOf(error)}: ${error.message}`);
  throw new CommandRefused(['The account was not created:', ...problems].join('\n'));
}

function optionOf({ field }: UserErrorData): string {
  const name = field?.at(-1) ?? 'account';
  return name in rules.shape ? `--${name}` : name;
}
