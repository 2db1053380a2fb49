import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { readPassword } from '../src/commands/password.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { migrations } from '../src/database/migrate.ts';
import { catalogOf } from './catalog.ts';
import { emptyDatabase } from './empty-database.ts';
import {
  AuditEventsDocument,
  RecordEventsDocument,
  SetRoleDocument,
  SignInDocument,
} from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import { Client } from './kit/client.ts';
import { createSite } from './kit/site.ts';
import { unique } from './kit/unique.ts';
import { withClient } from './setup/postgres.ts';
import { createFolder } from './setup/services.ts';

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist', 'commands');
// Most tests start processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

// Nobody's .env is there.
const folder = await createFolder();

const production = {
  NODE_ENV: 'production',
  JWT_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  JWE_SECRET: randomBytes(32).toString('base64'),
};

interface Call {
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly input?: string;
}

/** Runs a command as it is built. */
async function run(command: string, { args = [], variables = {}, input = '' }: Call) {
  const child = spawn(process.execPath, [join(dist, `${command}.js`), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, DATA_DIR: folder, ...variables },
  });
  child.stdin.end(input);
  const [[code], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output, errors };
}

const tables = ['account', 'quest', 'reward', 'wallet', 'migration'];

describe.each(['db-migrate', 'db-seed', 'db-reset', 'user-create'])('%s', (command) => {
  it('names every setting that is wrong', async () => {
    const { code, errors } = await run(command, { variables: { PORT: 'x', ROLE: 'y' } });
    expect(code).toBe(1);
    expect(errors).toBe(
      'The settings are wrong:\n  PORT: a whole number is expected\n  ROLE: all, api or worker is expected\n',
    );
  });

  it('names an option that it does not know', async () => {
    const { code, errors } = await run(command, { args: ['--force'] });
    expect([code, errors]).toEqual([1, expect.stringContaining("Unknown option '--force'")]);
  });
});

it('says that PostgreSQL does not answer', async () => {
  const DATABASE_URL = 'postgres://nobody:secret@127.0.0.1:1/nothing';
  expect(await run('db-migrate', { variables: { DATABASE_URL } })).toEqual({
    code: 1,
    output: '',
    errors: 'PostgreSQL does not answer: connect ECONNREFUSED 127.0.0.1:1\n',
  });
});

/** The two that the start page names; what the demo data have besides is tested with them. */
const demoAccounts = `select username from account where username in ('admin', 'user') order by username`;

describe('db:migrate', () => {
  it('brings an empty database to the newest schema, once', async () => {
    await using empty = await emptyDatabase();
    const variables = { DATABASE_URL: empty.url };
    const names = (await migrations()).join(', ');
    expect(await run('db-migrate', { variables })).toEqual({
      code: 0,
      output: `The database was brought to the newest schema: ${names}.\n`,
      errors: '',
    });
    expect((await run('db-migrate', { variables })).output).toBe(
      'The database is at the newest schema already.\n',
    );
  });

  it('shares the embedded server of a process that runs, and stops it where it is alone', async () => {
    const dataDir = await createFolder();
    const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
    try {
      expect(await run('db-migrate', { variables: { DATA_DIR: dataDir } })).toMatchObject({
        code: 0,
        errors: '',
      });
      const { rows } = await withClient(server.url, (client) => client.query('select name from migration'));
      expect(rows.map(({ name }) => name)).toEqual(await migrations());
    } finally {
      await server.stop();
    }
    expect(await run('db-migrate', { variables: { DATA_DIR: dataDir } })).toEqual({
      code: 0,
      output: 'The database is at the newest schema already.\n',
      errors: '',
    });
    expect(await readdir(join(dataDir, 'postgres'))).not.toContain('postmaster.pid');
  });
});

describe('db:seed', () => {
  it('writes the demo data to a database without accounts', async () => {
    await using empty = await emptyDatabase();
    const variables = { DATABASE_URL: empty.url };
    expect(await run('db-seed', { variables })).toEqual({
      code: 0,
      output: 'The demo data were written.\n',
      errors: '',
    });
    const { rows } = await withClient(empty.url, (client) => client.query(demoAccounts));
    expect(rows).toEqual([{ username: 'admin' }, { username: 'user' }]);
  });

  it('leaves a database with accounts as it is', async () => {
    const app = await startApp();
    await app.seed.user();
    const before = await app.site.contents(...tables);
    expect(await run('db-seed', { variables: app.site.variables })).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Nothing was written: /),
    });
    expect(await app.site.contents(...tables)).toBe(before);
  });

  it('refuses in production, where nobody has asked for it', async () => {
    const site = await createSite();
    const variables = { ...site.variables, ...production };
    const before = await site.contents(...tables);
    expect(await run('db-seed', { variables })).toEqual({
      code: 1,
      output: '',
      errors: 'In production the demo data are off. To write them all the same: SEED_DEMO=true\n',
    });
    expect(await site.contents(...tables)).toBe(before);
    expect((await run('db-seed', { variables: { ...variables, SEED_DEMO: 'true' } })).code).toBe(0);
  });
});

describe('db:reset', () => {
  it('makes everything new, as a role that is no superuser', async () => {
    const site = await createSite();
    const url = site.variables.DATABASE_URL ?? '';
    const asNew = await catalogOf(url);
    await site.sql('create table other (n int); drop table collection_post');
    await site.sql('alter table post add column other text');
    const [owner] = await site.sql(ownerOfPublic);
    expect(await run('db-reset', { variables: { ...site.variables, SEED_DEMO: 'false' } })).toEqual({
      code: 0,
      output: 'The database is new, and empty. Servers that run on it: start them again.\n',
      errors: '',
    });
    expect(await catalogOf(url)).toEqual(asNew);
    expect(await site.sql(ownerOfPublic)).toEqual([owner]);
    expect(await site.sql('select from account')).toEqual([]);
  });

  it('seeds as the settings say', async () => {
    const { seed, site } = await startApp();
    await seed.user();
    expect((await run('db-reset', { variables: site.variables })).output).toMatch(/with the demo data/);
    const accounts = await site.sql(demoAccounts);
    expect(accounts).toEqual([{ username: 'admin' }, { username: 'user' }]);
  });

  it('refuses in production without --yes', async () => {
    const { seed, site } = await startApp();
    await seed.user();
    const variables = { ...site.variables, ...production };
    const before = await site.contents(...tables);
    expect(await run('db-reset', { variables })).toEqual({
      code: 1,
      output: '',
      errors: 'In production all data would be lost. To reset all the same: --yes\n',
    });
    expect(await site.contents(...tables)).toBe(before);
    expect((await run('db-reset', { variables, args: ['--yes'] })).code).toBe(0);
    expect(await site.sql('select from account')).toEqual([]);
  });

  const ownerOfPublic = `select nspowner::regrole::text as owner, nspacl::text as rights from pg_namespace
    where nspname = 'public'`;
});

describe('user:create', () => {
  const password = 'plum violin harbour';

  function argsOf(fields: Readonly<Record<string, string>>): string[] {
    return Object.entries(fields).map(([name, value]) => `--${name}=${value}`);
  }

  it('makes an account that can sign in, of any role', async () => {
    const { site, url } = await startApp();
    const username = unique('boss');
    const fields = {
      username,
      email: `${username}@example.com`,
      role: 'ADMIN',
      'display-name': 'The Boss',
      'time-zone': 'europe/lisbon',
    };
    const call = { args: argsOf(fields), variables: site.variables, input: `${password}\nnot this line\n` };
    const { code, output, errors } = await run('user-create', call);
    expect([code, errors]).toEqual([0, '']);
    const { account } = await new Client(url).mutate(SignInDocument, {
      input: { login: username, password },
    });
    expect(output).toBe(`The account ${username} was made, with the role ADMIN: ${account.id}\n`);
    expect(account).toMatchObject({ role: 'ADMIN', user: { username, displayName: 'The Boss' } });
    const [row] = await site.sql('select time_zone from account where username = $1', username);
    expect(row).toEqual({ time_zone: 'Europe/Lisbon' });
  });

  it('makes a SERVICE, which signs in, records for others, and may do nothing that is for admins', async () => {
    const { site, url, seed } = await startApp();
    const username = unique('jobs');
    const args = argsOf({ username, email: `${username}@example.com`, role: 'SERVICE' });
    expect((await run('user-create', { args, variables: site.variables, input: password })).code).toBe(0);
    const nobody = new Client(url);
    const { accessToken } = await nobody.mutate(SignInDocument, { input: { login: username, password } });
    const service = nobody.as({ accessToken });
    const person = await seed.user();
    const event = {
      eventId: crypto.randomUUID(),
      eventType: unique('test.'),
      timestamp: new Date().toISOString(),
      userId: person.id,
    };
    const { results } = await service.mutate(RecordEventsDocument, { input: { events: [event] } });
    expect(results.map(({ outcome }) => outcome)).toEqual(['ACCEPTED']);
    const before = await site.contents(...tables);
    expect(await service.fails(AuditEventsDocument)).toEqual(['FORBIDDEN']);
    const input = { userId: person.id, role: 'ADMIN' } as const;
    expect(await service.fails(SetRoleDocument, { input })).toEqual(['FORBIDDEN']);
    expect(await site.contents(...tables)).toBe(before);
    const created = await site.sql(
      `select actor_id, detail, ip_address from audit_event e left join audit_origin on audit_event_id = e.id
      where action = 'account.created' and subject_id = (select id from account where username = $1)`,
      username,
    );
    expect(created).toEqual([{ actor_id: null, detail: { role: 'SERVICE' }, ip_address: null }]);
  });

  it('makes a USER named as the username where nothing else is said', async () => {
    const site = await createSite();
    const username = unique('u');
    const args = argsOf({ username, email: `${username}@example.com` });
    expect(await run('user-create', { args, variables: site.variables, input: password })).toMatchObject({
      code: 0,
    });
    expect(await site.sql('select role, status, display_name, time_zone from account')).toEqual([
      { role: 'USER', status: 'NEW', display_name: username, time_zone: 'UTC' },
    ]);
    expect(await site.sql('select account_id is null as system from wallet')).toContainEqual({
      system: false,
    });
  });

  it('names every option that is wrong', async () => {
    const args = argsOf({ email: 'nowhere', role: 'KING', 'time-zone': 'Mars', 'display-name': ' ' });
    const { code, output, errors } = await run('user-create', { args, input: password });
    expect([code, output]).toEqual([1, '']);
    expect(errors.split('\n').map((line) => line.split(': ')[0]?.trim())).toEqual([
      'The account was not made:',
      '--email',
      '--username',
      '--role',
      '--display-name',
      '--time-zone',
      '',
    ]);
  });

  it.each([
    [
      'one that is too short',
      'short\n',
      'The account was not made:\n  password: Must have 10 to 128 characters.\n',
    ],
    ['none', '', 'No password came on standard input.\n'],
  ])('refuses a password: %s', async (_what, input, errors) => {
    const args = argsOf({ username: 'somebody', email: 'somebody@example.com' });
    expect(await run('user-create', { args, input })).toEqual({ code: 1, output: '', errors });
  });

  it('says what is taken, and makes nothing', async () => {
    const { seed, site } = await startApp();
    const { username, email } = await seed.user();
    const before = await site.contents(...tables);
    const args = argsOf({ username: username.toUpperCase(), email: email.toUpperCase() });
    const { code, errors } = await run('user-create', { args, variables: site.variables, input: password });
    expect(code).toBe(1);
    expect(errors).toMatch(/^The account was not made:\n {2}--email: .+\n {2}--username: .+\n$/);
    expect(await site.contents(...tables)).toBe(before);
  });
});

describe('the password of a terminal', () => {
  /** Somebody who types a line at each question. */
  function terminal(...lines: readonly string[]) {
    const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
    const output = new PassThrough();
    const shown: string[] = [];
    const typed = lines[Symbol.iterator]();
    output.on('data', (chunk: Buffer) => {
      shown.push(String(chunk));
      if (String(chunk).endsWith(': ')) input.write(typed.next().value ?? '');
    });
    return { input, output, shown };
  }

  it('is asked twice, and not shown', async () => {
    const { shown, ...source } = terminal('plum violin\r', 'plum violin\r');
    expect(await readPassword(source)).toBe('plum violin');
    expect(shown.join('')).toBe('Password: \nThe same again: \n');
  });

  it('is refused where the two differ', async () => {
    await expect(readPassword(terminal('plum violin\r', 'plum viola\r'))).rejects.toThrow(
      'The two passwords differ.',
    );
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is given up by %s', async (_name, key) => {
    await expect(readPassword(terminal(key))).rejects.toThrow('No password was given.');
  });
});
