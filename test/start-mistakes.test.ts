import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, it, vi } from 'vitest';
import { createApp } from '../src/app.ts';
import { parseConfig } from '../src/config.ts';
import { inDataDir } from '../src/data-dir.ts';
import { startProblem } from '../src/start-problem.ts';
import { emptyDatabase } from './empty-database.ts';
import { createSite } from './kit/site.ts';
import { whenDone } from './kit/when-done.ts';
import { withClient } from './setup/postgres.ts';
import { createFolder } from './setup/services.ts';

// Each test starts a process.
vi.setConfig({ testTimeout: 60_000 });

const program = fileURLToPath(new URL('../dist/server.js', import.meta.url));
const example = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));
const site = await createSite();
const folder = await createFolder();
const database = new URL(site.variables.DATABASE_URL ?? '');

/** The URL of a different database, which messages should name as such. */
function elsewhere(change: Partial<Record<'username' | 'password' | 'pathname' | 'search', string>>): string {
  return Object.assign(new URL(database), change).href;
}

/** A server that closes every connection at once; returns its port. */
async function listener(): Promise<number> {
  const server: Server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  whenDone(() => {
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function launch(variables: Readonly<Record<string, string>>, ...args: string[]) {
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', GRAPHIQL: 'false', SEED_DEMO: 'false', ...variables },
  });
}

async function startWith(variables: Readonly<Record<string, string>>, ...args: string[]) {
  const child = launch(variables, ...args);
  const [[code], output, errors] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, output, errors };
}

const password = 'hunter2-hunter2';

/** The same without starting a process. */
async function problemWith(variables: Readonly<Record<string, string>>): Promise<string | undefined> {
  const config = parseConfig({
    PORT: '0',
    GRAPHIQL: 'false',
    SEED_DEMO: 'false',
    LOG_LEVEL: 'silent',
    ...variables,
  });
  try {
    const app = await createApp(config);
    await app.close();
  } catch (error) {
    return startProblem(error, config);
  }
  throw new Error('It has started.');
}

describe('a server that cannot start says in one sentence which variable is wrong', () => {
  it.each<[string, string, () => Promise<Record<string, string>>]>([
    ['a port that is taken', 'PORT', async () => ({ ...site.variables, PORT: String(await listener()) })],
    ['a host that does not exist', 'HOST', async () => ({ ...site.variables, HOST: 'nowhere.invalid' })],
    ['a host that is another machine', 'HOST', async () => ({ ...site.variables, HOST: '192.0.2.1' })],
    [
      'a database that nobody serves',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: `postgres://me:${password}@127.0.0.1:1/mine` }),
    ],
    [
      'a database on a machine that does not exist',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: `postgres://me:${password}@nowhere.invalid/mine` }),
    ],
    [
      'a database that is something else',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: `postgres://me:${password}@127.0.0.1:${await listener()}/mine` }),
    ],
    ['another password', 'DATABASE_URL', async () => ({ DATABASE_URL: elsewhere({ password }) })],
    [
      'another user',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: elsewhere({ username: 'nobody', password }) }),
    ],
    [
      'another database',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: elsewhere({ pathname: '/nothing-of-the-kind' }) }),
    ],
    [
      'TLS to a server that has none',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: elsewhere({ search: '?sslmode=verify-full' }) }),
    ],
    [
      'a certificate that is not there',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: elsewhere({ search: '?sslmode=verify-full&sslrootcert=/nowhere' }) }),
    ],
    [
      'a database in which nothing may be made',
      'DATABASE_URL',
      async () => ({ DATABASE_URL: await barred() }),
    ],
    ['a data directory that is a file', 'DATA_DIR', async () => ({ DATA_DIR: await fileIn(folder) })],
    [
      'a data directory below a file',
      'DATA_DIR',
      async () => ({ DATA_DIR: join(await fileIn(folder), 'data') }),
    ],
    // Not even root may create it, and a recursive `mkdir` of Node.js would never end.
    ['a data directory that cannot be', 'DATA_DIR', async () => ({ DATA_DIR: '/proc/questline' })],
    [
      'a key file without a key',
      'DATA_DIR',
      async () => ({ ...site.variables, DATA_DIR: await withKeyFile('jwt-private-key.pem') }),
    ],
    [
      'a secret file without a secret',
      'DATA_DIR',
      async () => ({ ...site.variables, DATA_DIR: await withKeyFile('jwe-secret') }),
    ],
    ['data of another PostgreSQL', 'DATA_DIR', async () => ({ DATA_DIR: await ofAnotherRelease() })],
  ])('%s', async (_, variable, variables) => {
    const problem = await problemWith(await variables());
    expect(problem).toMatch(new RegExp(`^${variable}: .+; .+\\.$`));
    expect(problem).not.toContain(password);
  });

  it.each<[string, () => Promise<Record<string, string>>]>([
    ['PORT', async () => ({ ...site.variables, PORT: String(await listener()) })],
    ['DATABASE_URL', async () => ({ DATABASE_URL: `postgres://me:${password}@127.0.0.1:1/mine` })],
    ['DATA_DIR', async () => ({ DATA_DIR: await fileIn(folder) })],
  ])('%s, on one line of standard error, and ends with exit code 1', async (variable, variables) => {
    const { code, output, errors } = await startWith(await variables());
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(new RegExp(`^${variable}: .+; .+\\.\\n$`));
  });

  // Simulated, because the file system does not restrict root.
  it.each([
    ['EACCES', 'this user may not write to'],
    ['EROFS', 'is on a read-only file system'],
    ['ENOSPC', 'there is no space left for'],
  ])('a data directory of which the file system says %s', async (code, sentence) => {
    const path = join(folder, 'keys');
    const refused = inDataDir(folder, () => Promise.reject(Object.assign(new Error(), { code, path })));
    await expect(refused).rejects.toThrow(new RegExp(`^DATA_DIR: .*${sentence}.*; .+\\.$`));
    const elsewhere = inDataDir(folder, () =>
      Promise.reject(Object.assign(new Error('as it was'), { code, path: '/nowhere/near' })),
    );
    await expect(elsewhere).rejects.toThrow('as it was');
  });

  it('arguments, which it does not take', async () => {
    const { code, errors } = await startWith({}, '--port', '3');
    expect([code, errors]).toEqual([1, expect.stringMatching(/^The server takes no arguments .+PORT=.+\n$/)]);
  });
});

/** A database in which only a superuser may create tables. */
async function barred(): Promise<string> {
  const empty = await emptyDatabase();
  whenDone(() => empty[Symbol.asyncDispose]());
  const asAdmin = new URL(inject('postgresAdminUrl'));
  asAdmin.pathname = new URL(empty.url).pathname;
  await withClient(asAdmin.href, (client) =>
    client.query('alter schema public owner to postgres; revoke all on schema public from public'),
  );
  return empty.url;
}

let files = 0;
async function fileIn(directory: string): Promise<string> {
  files += 1;
  const path = join(directory, `file-${files}`);
  await writeFile(path, '');
  return path;
}

async function withKeyFile(name: string): Promise<string> {
  const dataDir = await createFolder();
  await mkdir(join(dataDir, 'keys'));
  await writeFile(join(dataDir, 'keys', name), 'nothing');
  return dataDir;
}

async function ofAnotherRelease(): Promise<string> {
  const dataDir = await createFolder();
  await mkdir(join(dataDir, 'postgres'));
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
  await writeFile(join(dataDir, 'postgres.passwords.json'), '{ "postgres": "x", "questline": "x" }');
  return dataDir;
}

describe('a start', () => {
  it('has no raw log line among what it says, also the first one', async () => {
    await using empty = await emptyDatabase();
    const said = await sayingOf({
      DATABASE_URL: empty.url,
      DATA_DIR: await createFolder(),
      SEED_DEMO: 'true',
    });
    expect(said).toEqual([
      expect.stringMatching(/^Questline is ready at http/),
      expect.stringMatching(/^ {2}API {7}http/),
      expect.stringMatching(/^ {2}Accounts {2}user and admin/),
    ]);
  });

  it('says that there is no Redis at REDIS_URL', async () => {
    const said = await sayingOf({ ...site.variables, REDIS_URL: 'redis://127.0.0.1:1' });
    expect(said).toContainEqual(
      expect.stringMatching(/^ {2}Redis {5}does not answer at REDIS_URL; start it, or correct the variable/),
    );
  });
});

/** What a server prints until it is ready and has been told to stop. */
async function sayingOf(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const child = launch(variables);
  const ended = once(child, 'exit');
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (line.startsWith('Questline is ready')) child.kill('SIGTERM');
  }
  await ended;
  return said;
}

describe('the examples say what they could not reach', () => {
  const unsigned = 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ.e30.AAAA';

  it.each([
    ['watch.mjs', ['x'], 'ws://127.0.0.1:45/graphql'],
    ['watch.mjs', ['x'], 'ws://nowhere.invalid/graphql'],
    ['verify-token.mjs', [unsigned], 'http://127.0.0.1:45'],
    ['verify-token.mjs', [unsigned], 'http://nowhere.invalid'],
  ])('%s', async (file, args, address) => {
    const child = spawn(process.execPath, [example(file), ...args, address]);
    const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect(code).toBe(1);
    expect(errors).toMatch(/^.+ could not be read from|^Could not reach /i);
    expect(errors).toContain(address);
    expect(errors).toMatch(/: start the server, or name its address as the second argument\.\n$/);
  });

  it('watch.mjs says that a token is missing', async () => {
    const child = spawn(process.execPath, [example('watch.mjs')]);
    const [[code], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect([code, errors]).toEqual([1, expect.stringContaining('<access token>')]);
  });
});
