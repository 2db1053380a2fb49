import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { prepare } from '../test/plans/explain.ts';
import { fill, filled } from '../test/plans/filled.ts';
import { listsOf } from '../test/plans/lists.ts';
import { type Answer, countOf, exampleQuestions, pagesOf, type Question } from '../test/plans/questions.ts';
import { isCount, type Sent, sentDuring } from '../test/plans/sent.ts';
import { figuresOf } from './figures.ts';
import { ask } from './graphql.ts';
import { machine } from './machine.ts';

/** The first six runs do not use a cached plan. */
const warmUp = 7;
const runs = 15;

let client: pg.Client;

/**
 * `npm run bench -- reads`: fills a database like test/plans does, sends the same queries as that test, and
 * prints how long PostgreSQL takes.
 */
export async function run(): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'questline-reads-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const dist = (path: string) => import(new URL(`../dist/${path}`, import.meta.url).href);
  const { startEmbedded } = await dist('dev-database/embedded.js');
  const { createApp } = await dist('app.js');
  const { parseConfig } = await dist('config.js');
  const { sessionSettings } = await dist('database/database.js');
  const server = await startEmbedded({ dataDir: folder });
  stack.defer(() => server.stop());
  const settings = {
    DATABASE_URL: server.url,
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'warn',
    SEED_DEMO: 'true',
  };
  const seeded = await createApp(parseConfig(settings));
  await seeded.close();
  await fill(new URL(new URL(server.url).pathname, server.adminUrl).href);
  const app = await createApp(parseConfig(settings));
  stack.defer(() => app.close());
  client = new pg.Client({ connectionString: server.url, options: sessionSettings });
  await client.connect();
  stack.defer(() => client.end());
  await measureAll(app.url, await createAnswer(app.url));
}

async function measureAll(url: string, answer: Answer): Promise<void> {
  console.log(`${machine()}; medians of ${runs}, in ms\n`);
  print(
    'Example operations, without their counts',
    await measure(await exampleQuestions(answer), answer, isPage),
  );
  const { user } = await ask<{ user: { id: string } }>(url, '{ user(username: "user") { id } }');
  const lists = listsOf(user.id);
  const pages: Question[] = [];
  for (const list of lists) pages.push(...(await pagesOf(list, answer)));
  print(
    'Lists, in the slowest of their orders, filters and pages',
    slowestOf(await measure(pages, answer, isPage)),
  );
  print(
    'Counts, by the slowest of their filters',
    slowestOf(await measure(lists.map(countOf), answer, isCount)),
  );
  const searches = Object.values(filled.words).map((search) => `posts(search: "${search}")`);
  const found = searches.map((field) => ({
    name: field,
    query: `{ ${field} { nodes { id } totalCount } }`,
    reader: 'nobody' as const,
  }));
  print('Searches by relevance', await measure(found, answer, isPage));
  print('Their counts', await measure(found, answer, isCount));
}

function isPage(sent: Sent): boolean {
  return !isCount(sent);
}

interface Measured {
  readonly name: string;
  readonly ms: number;
}

/** How long the chosen statements of each question take together. */
async function measure(
  questions: readonly Question[],
  answer: Answer,
  isChosen: (sent: Sent) => boolean,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const question of questions) {
    let ms = 0;
    for (const sent of await sentDuring(() => answer(question)))
      if (isChosen(sent)) ms += await medianOf(sent);
    measured.push({ name: question.name, ms });
  }
  return measured;
}

async function medianOf(sent: Sent): Promise<number> {
  const run = await prepare(client, sent);
  const times: number[] = [];
  for (let count = -warmUp; count < runs; count++) {
    const { 'Planning Time': planning, 'Execution Time': execution } = await run();
    if (count >= 0) times.push(planning + execution);
  }
  return figuresOf(times).median;
}

/** The slowest question of each list, whatever its arguments. */
function slowestOf(measured: readonly Measured[]): Measured[] {
  const lists = Object.values(Object.groupBy(measured, ({ name }) => listIn(name)));
  return lists.flatMap((list = []) => list.toSorted(bySpeed).slice(-1));
}

/**
 * Returns `posts` for `posts(search: "a"), the first page`, and `user / posts` for `user(username: "a") /
 * posts`.
 */
function listIn(name: string): string {
  const search = name.includes('search:') ? ' search' : '';
  return name.replaceAll(/\([^)]*\)/g, '').split(',')[0] + search;
}

function bySpeed(one: Measured, other: Measured): number {
  return one.ms - other.ms;
}

function print(title: string, measured: readonly Measured[]): void {
  const lines = measured.toSorted(bySpeed).map(({ name, ms }) => `${ms.toFixed(1).padStart(8)}  ${name}`);
  console.log(`${title}\n\n${lines.join('\n')}\n`);
}

async function createAnswer(url: string): Promise<Answer> {
  const signIn = async (login: string) => {
    const query = `mutation { signIn(input: { login: "${login}", password: "password" }) { accessToken userErrors { code } } }`;
    return (await ask<{ signIn: { accessToken: string } }>(url, query)).signIn.accessToken;
  };
  const tokens = { nobody: '', user: await signIn('user'), admin: await signIn('admin') };
  return ({ query, variables, reader }) => ask(url, query, { variables, token: tokens[reader] });
}
