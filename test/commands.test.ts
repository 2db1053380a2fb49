import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { migrations } from '../src/database/migrate.ts';
import { startEmbedded } from '../src/dev-database/embedded.ts';
import { run } from './built-command.ts';
import { catalogOf } from './catalog.ts';
import { emptyDatabase } from './empty-database.ts';
import { startApp } from './kit/app.ts';
import { createSite } from './kit/site.ts';
import { withClient } from './setup/postgres.ts';
import { createFolder } from './setup/services.ts';

// Most tests start processes, one after the other.
vi.setConfig({ testTimeout: 60_000 });

const production = {
  NODE_ENV: 'production',
  JWT_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  JWE_SECRET: randomBytes(32).toString('base64'),
};

const tables = ['account', 'quest', 'reward', 'wallet', 'migration'];

describe.each(['db-migrate', 'db-seed', 'db-reset', 'user-create'])('%s', (command) => {
  it('names every setting that is wrong', async () => {
    const { code, errors } = await run(command, { variables: { PORT: 'x', ROLE: 'y' } });
    expect(code).toBe(1);
    expect(errors).toBe(
      'Invalid settings:\n  PORT: must be a whole number\n  ROLE: must be all, api or worker\n',
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
    errors:
      'DATABASE_URL: PostgreSQL does not answer at 127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1); ' +
      'start it, or correct the address.\n',
  });
});

/** The two accounts that the start page names; the rest of the demo data has its own tests. */
const demoAccounts = `select username from account where username in ('admin', 'user') order by username`;

describe('db:migrate', () => {
  it('brings an empty database to the newest schema, once', async () => {
    await using empty = await emptyDatabase();
    const variables = { DATABASE_URL: empty.url };
    const names = (await migrations()).join(', ');
    expect(await run('db-migrate', { variables })).toEqual({
      code: 0,
      output: `The database was migrated to the newest schema: ${names}.\n`,
      errors: '',
    });
    expect((await run('db-migrate', { variables })).output).toBe(
      'The database already has the newest schema.\n',
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
      output: 'The database already has the newest schema.\n',
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
      output: 'The demo data was written.\n',
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
      output: expect.stringMatching(/^Nothing was written, because /),
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
      errors: 'Demo data is off in production. To write it anyway, set SEED_DEMO=true.\n',
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
      output: 'The database was created again and is empty. Restart the servers that use it.\n',
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
      errors: 'All data of production would be lost. To reset anyway, add --yes.\n',
    });
    expect(await site.contents(...tables)).toBe(before);
    expect((await run('db-reset', { variables, args: ['--yes'] })).code).toBe(0);
    expect(await site.sql('select from account')).toEqual([]);
  });

  const ownerOfPublic = `select nspowner::regrole::text as owner, nspacl::text as rights from pg_namespace
    where nspname = 'public'`;
});
