import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbedded } from '../src/dev-database/embedded.ts';
import { withClient } from './setup/postgres.ts';
import { createFolder } from './setup/services.ts';

const program = fileURLToPath(new URL('./fixtures/embedded-process.ts', import.meta.url));

// One cluster for all tests, created by the first; no server is running before or after a test.
const dataDir = await createFolder();
const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
const started: EmbeddedPostgres[] = [];
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});

describe('the embedded PostgreSQL', () => {
  it('serves a database that an ordinary role owns, and keeps it', async () => {
    const first = await start();
    await query(first.url, 'create table kept (n int); insert into kept values (42)');
    expect(
      await query(
        first.url,
        'select rolsuper or rolcreatedb or rolcreaterole as power from pg_roles where rolname = current_user',
      ),
    ).toEqual([{ power: false }]);
    expect(await query(first.adminUrl, 'select rolsuper from pg_roles where rolname = current_user')).toEqual(
      [{ rolsuper: true }],
    );
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 42 }]);
    await second.stop();
  });

  it('has the settings that the project counts on', async () => {
    const server = await start();
    const url = new URL(server.adminUrl);
    url.pathname = 'questline';
    const [row] = await query(
      url.href,
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('timezone') as timezone,
              current_setting('server_encoding') as encoding, current_setting('max_connections') as connections,
              current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
              datlocprovider as provider, datlocale as locale, pg_get_userbyid(datdba) as owner
         from pg_database where datname = current_database()`,
    );
    expect(row).toEqual({
      major: 18,
      timezone: 'UTC',
      encoding: 'UTF8',
      connections: '200',
      addresses: '127.0.0.1',
      sockets: '',
      provider: 'b',
      locale: 'C.UTF-8',
      owner: 'questline',
    });
  });

  it('lets nobody in without the password, which only its owner may read', async () => {
    const server = await start();
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
    expect((await stat(join(dataDir, 'postgres.passwords.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  });

  it('stops once, however often it is asked', async () => {
    const server = await start();
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    await expect(connects(server.url)).resolves.toBe(false);
  });

  it('is shared by two processes, and stopped by the last that leaves', async () => {
    const first = await start();
    const second = await startProcess();
    expect(second.url).toBe(first.url);
    await first.stop();
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.end();
    await expect(connects(second.url)).resolves.toBe(false);
  });

  it('goes on while who started it leaves first', async () => {
    const first = await startProcess();
    const second = await start();
    await first.end();
    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await second.stop();
  });

  it('is found by the next start after its process was killed, and stopped by that one', async () => {
    const killed = await startProcess();
    await killed.kill('SIGKILL');
    expect(await connects(killed.url)).toBe(true);
    const next = await start();
    expect(next.url).toBe(killed.url);
    await next.stop();
    expect(await connects(killed.url)).toBe(false);
  });

  it('does not hear the signals for the group of its process', async () => {
    const server = await startProcess();
    await server.killGroup('SIGINT');
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await (await start()).stop();
  });

  it('is started once by many that come at the same time', async () => {
    const servers = await Promise.all([startProcess(), startProcess(), start(), startProcess()]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    await Promise.all(servers.map((server) => ('end' in server ? server.end() : server.stop())));
  });

  it('is stopped when two leave at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const [first, second] = await Promise.all([start(), start()]);
      await Promise.all([first.stop(), second.stop()]);
      expect(await connects(first.url)).toBe(false);
    }
  });

  it('is not misled by a postmaster.pid of a process that is gone', async () => {
    await writePidFile(2 ** 22 + 1);
    expect(await query((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('is not misled by a postmaster.pid of a process that is another program', async () => {
    // A process of PostgreSQL's own account, because PostgreSQL takes any process of that account for a server.
    const { uid, gid } = await stat(join(dataDir, 'postgres'));
    const other = spawn('sleep', ['60'], { uid, gid });
    await once(other, 'spawn');
    await writePidFile(other.pid);
    expect(await query((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(other.kill()).toBe(true);
  });

  it('recovers from a server that was killed', async () => {
    const server = await start();
    await query(server.url, 'create table written as select 1 as one');
    process.kill(await postmasterPid(), 'SIGKILL');
    await expect.poll(() => connects(server.url)).toBe(false);
    await server.stop();
    const next = await start();
    expect(await query(next.url, 'select one from written')).toEqual([{ one: 1 }]);
    await next.stop();
  });
});

// A data folder that only its owner may enter, and one that everybody may pass through.
describe.each([0o700, 0o711])('PostgreSQL of root, in a folder with the mode %i', (mode) => {
  it.runIf(process.getuid?.() === 0)('is run by somebody else, with no right but to pass', async () => {
    await chmod(dataDir, mode);
    const server = await start();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const status = await readFile(`/proc/${await postmasterPid()}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:.*\b0\b/m);
    // No capability, CAP_DAC_READ_SEARCH, or CAP_DAC_OVERRIDE in a container that lacks the former.
    expect(status).toMatch(mode === 0o700 ? /^CapEff:\t0{15}[42]$/m : /^CapEff:\t0{15}[042]$/m);
    await chmod(dataDir, 0o700);
  });
});

it.runIf(process.getuid?.() === 0)('uses data that root has copied', async () => {
  const copy = await createFolder();
  await (await start()).stop();
  await promisify(execFile)('cp', ['-r', `${dataDir}/.`, copy]);
  const server = await startEmbedded({ dataDir: copy, settings: { fsync: 'off' } });
  started.push(server);
  expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('is loaded only if no server is named', async () => {
  const src = new URL('../src/', import.meta.url);
  const files = (await readdir(src, { recursive: true })).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('dev-database'),
  );
  const lines = await Promise.all(
    files.map(async (file) => {
      const code = await readFile(new URL(file, src), 'utf8');
      return [...code.matchAll(/^.*dev-database\/.*$/gm)].map(([line]) => `${file}: ${line.trim()}`);
    }),
  );
  expect(lines.flat()).toEqual([
    "open-database.ts: const { startEmbedded } = await import('./dev-database/embedded.ts');",
  ]);
});

describe('data that it cannot use', () => {
  it('is named: of another release', async () => {
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    const content = await readFile(version);
    await writeFile(version, '17\n');
    await expect(start()).rejects.toThrow('PostgreSQL 17, this is 18');
    await writeFile(version, content);
  });

  it('is named: without its passwords', async () => {
    const file = join(dataDir, 'postgres.passwords.json');
    const content = await readFile(file);
    await rm(file);
    await expect(start()).rejects.toThrow('postgres.passwords.json is missing');
    await writeFile(file, content, { mode: 0o600 });
  });

  it('is named with what the server says', async () => {
    await expect(startEmbedded({ dataDir, settings: { shared_buffers: 'none' } })).rejects.toThrow(
      'invalid value for parameter "shared_buffers"',
    );
  });
});

async function start(): Promise<EmbeddedPostgres> {
  const server = await startEmbedded({ dataDir, settings: { fsync: 'off' } });
  started.push(server);
  return server;
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(pidFile, 'utf8'), 10);
}

async function writePidFile(pid: number | undefined): Promise<void> {
  const lines = [pid, join(dataDir, 'postgres'), 1, 1, '', '127.0.0.1', '', 'ready', ''];
  await writeFile(pidFile, lines.join('\n'));
}

/** Starts another process that uses the same server. */
async function startProcess() {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [program, dataDir], {
    detached: true,
  });
  const exit = once(child, 'exit');
  const complaints: string[] = [];
  child.stderr.on('data', (chunk) => complaints.push(String(chunk)));
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), exit]);
  const [url] = first;
  if (typeof url !== 'string') throw new Error(`The process ended: ${complaints.join('')}`);
  return {
    url,
    end: async () => {
      child.stdin.end();
      expect(await exit, complaints.join('')).toEqual([0, null]);
    },
    kill: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      await exit;
    },
    killGroup: async (signal: NodeJS.Signals) => {
      process.kill(-(child.pid ?? 0), signal);
      await exit;
    },
  };
}

function query(url: string, sql: string): Promise<unknown[]> {
  return withClient(url, async (client) => (await client.query(sql)).rows);
}

function connects(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port: Number(new URL(url).port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
