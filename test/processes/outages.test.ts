import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { CreatePostDocument, RewardsDocument, ViewerDocument } from '../generated/operations.ts';
import { Client } from '../kit/client.ts';
import { eventually, inTime } from '../kit/eventually.ts';
import { createFaultySite } from '../kit/faults.ts';
import { type Person, Seed } from '../kit/seed.ts';
import { type ServerProcess, startProcess } from '../kit/server-process.ts';
import { createSite } from '../kit/site.ts';
import { unique } from '../kit/unique.ts';
import { whenDone } from '../kit/when-done.ts';
import { createFolder } from '../setup/services.ts';

/** The longest time to stop that the issue allows, in ms, whatever the state of PostgreSQL and Redis. */
const longestStop = 10_000;

async function stopped(server: ServerProcess): Promise<{ code: number | null; ms: number }> {
  const begun = performance.now();
  server.signal('SIGTERM');
  // npm and a terminal may both send the signal.
  setTimeout(() => server.running && server.signal('SIGTERM'), 1_000);
  const code = await inTime(server.ended, 'the stop', longestStop);
  return { code, ms: performance.now() - begun };
}

/** Sends requests whose answers nobody reads. */
function busy({ url }: ServerProcess, { accessToken }: Person): void {
  const client = new Client(url).as({ accessToken });
  for (let count = 0; count < 30; count++) {
    client.ask(ViewerDocument).catch(() => undefined);
    client
      .ask(CreatePostDocument, { input: { title: unique('Post '), body: 'Words.' } })
      .catch(() => undefined);
  }
}

test.each(['postgres', 'redis'] as const)(
  'a process whose %s is silent ends in time, and in order',
  async (which) => {
    const faulty = await createFaultySite();
    const server = await startProcess(faulty.site, { STOP_GRACE: '2s' });
    const person = await new Seed(new Client(server.url), faulty.site).user();
    faulty[which].set({ silent: true });
    busy(server, person);
    expect(await stopped(server)).toMatchObject({ code: 0 });
  },
);

test('a process whose own PostgreSQL is frozen ends in time, and the next one finds it again', async () => {
  const dataDir = await createFolder();
  const site = await createSite();
  const own = { DATABASE_URL: '', REDIS_URL: '', DATA_DIR: dataDir };
  const server = await startProcess(site, own);
  const postmaster = Number(
    (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0],
  );
  const all = [postmaster, ...(await childrenOf(postmaster))];
  const thaw = () => {
    for (const pid of all) signal(pid, 'SIGCONT');
  };
  whenDone(thaw);
  for (const pid of all) signal(pid, 'SIGSTOP');
  expect(await stopped(server)).toMatchObject({ code: 0 });
  thaw();
  const next = await startProcess(site, own);
  expect(await new Client(next.url).fails(RewardsDocument)).toEqual([]);
  expect(await next.stop()).toBe(0);
}, 120_000);

async function childrenOf(parent: number): Promise<number[]> {
  const stats = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  );
  return stats.flatMap((stat) => {
    const [, pid, of] = /^(\d+) \(.*\) \S (\d+)/.exec(stat) ?? [];
    return Number(of) === parent ? Number(pid) : [];
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // A backend whose client is gone may have ended already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Errors that a dependency might throw, at a moment that the test chooses. */
const accidents: [string, string][] = [
  ['an exception in a listener', `throw new Error('an accident')`],
  ['a rejection that nobody handles', `Promise.reject(new Error('an accident'))`],
];

test.each(accidents)('%s is told, and ends the process in order', async (_, accident) => {
  const site = await createSite();
  const code = `process.on('SIGUSR2', () => { ${accident}; })`;
  const server = await startProcess(site, {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}`,
  });
  server.signal('SIGUSR2');
  expect(await inTime(server.ended, 'the end', longestStop)).toBe(1);
  const line = server.output.find((text) => text.includes('an accident')) ?? '{}';
  expect(JSON.parse(line)).toMatchObject({
    level: 60,
    msg: expect.stringContaining('unhandled error'),
    err: { stack: expect.stringContaining('an accident') },
  });
});

test('under load every answer comes in time while PostgreSQL says nothing, and nothing is done twice', async () => {
  const { site, postgres } = await createFaultySite();
  const server = await startProcess(site, { LOG_LEVEL: 'fatal' });
  const client = new Client(server.url);
  const seed = new Seed(client, site);
  const people = await Promise.all(Array.from({ length: 10 }, () => seed.user()));
  const titles: string[] = [];
  const times: number[] = [];
  let over = false;
  const writers = people.map(async (person) => {
    while (!over) {
      const title = unique('Post ');
      const begun = performance.now();
      const { status, body } = await person.client.ask(CreatePostDocument, {
        input: { title, body: 'Words.' },
      });
      times.push(performance.now() - begun);
      if (status === 200 && !body.errors) titles.push(title);
    }
  });
  const goOn = async () => {
    const goal = titles.length + 50;
    await eventually(() => titles.length >= goal);
  };
  await goOn();
  postgres.set({ silent: true });
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  postgres.set({});
  await goOn();
  postgres.silenceOpen();
  await goOn();
  over = true;
  await Promise.all(writers);
  expect(Math.max(...times)).toBeLessThan(5_000);
  expect(server.running).toBe(true);
  const rows = await site.sql<{ title: string; count: number }>(
    'select title, count(*)::int from post where title = any($1) group by title',
    titles,
  );
  expect(rows).toHaveLength(titles.length);
  expect(rows.filter(({ count }) => count !== 1)).toEqual([]);
}, 120_000);
