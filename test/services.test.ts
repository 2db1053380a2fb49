import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { describe, expect, inject, it } from 'vitest';
import { withClient } from './setup/postgres.ts';
import { createDatabase, createFolder, createRedisSpace } from './setup/services.ts';

describe('a test’s database', () => {
  it('is made by init.sql, and of this test alone', async () => {
    const [first, second] = await Promise.all([createDatabase(), createDatabase()]);
    await withClient(first.url, (client) => client.query('create table mine (n int)'));
    const [mine, theirs] = await Promise.all([tables(first.url), tables(second.url)]);
    expect(theirs).toContain('account');
    expect(mine).toEqual([...theirs, 'mine'].sort());
    await Promise.all([first.drop(), second.drop()]);
  });

  it('is dropped with whoever is connected', async () => {
    const { url, drop } = await createDatabase();
    await expect(
      withClient(url, async (client) => {
        client.on('error', () => undefined);
        await drop();
        await client.query('select 1');
      }),
    ).rejects.toThrow();
    const name = new URL(url).pathname.slice(1);
    const { rows } = await withClient(inject('postgresAdminUrl'), (client) =>
      client.query('select from pg_database where datname = $1', [name]),
    );
    expect(rows).toEqual([]);
  });
});

describe('a test’s place in Redis', () => {
  it('has keys and channels of its own', async () => {
    const spaces = await Promise.all([createRedisSpace(), createRedisSpace()]);
    const [first, second] = spaces.map(({ url, namespace }) => ({
      client: new Redis(url),
      key: `${namespace}:key`,
    }));
    await first?.client.set(first.key, 'mine');
    expect(await second?.client.get(second.key)).toBe(null);
    expect(new Set(spaces.map(({ namespace }) => namespace)).size).toBe(2);
    expect(new Set(spaces.map(({ url }) => url)).size).toBe(inject('redisDatabases') > 0 ? 2 : 1);
    expect(await first?.client.del(first.key)).toBe(1);
    first?.client.disconnect();
    second?.client.disconnect();
  });
});

describe('the watchdog', () => {
  it('stops the servers and removes their folder when the group of the process that started it is killed', async () => {
    const folder = await createFolder();
    await mkdir(join(folder, 'postgres'));
    const server = spawn('sleep', ['60']);
    const ended = once(server, 'exit');
    await writeFile(join(folder, 'postgres', 'postmaster.pid'), `${server.pid}\n`);
    const program = fileURLToPath(new URL('./fixtures/watched-process.ts', import.meta.url));
    const watched = spawn(process.execPath, [program, folder], { detached: true });
    await once(createInterface(watched.stdout), 'line');
    process.kill(-(watched.pid ?? 0), 'SIGKILL');
    expect(await ended).toEqual([null, 'SIGINT']);
    await expect.poll(() => isThere(folder)).toBe(false);
  });
});

function tables(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
        order by relname collate "C"`,
    );
    return rows.map(({ name }) => name);
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
