import { beforeAll, describe, expect, inject, it } from 'vitest';
import { sessionSettings } from '../../src/database/database.ts';
import { SignInDocument } from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import { withClient } from '../setup/postgres.ts';
import { prepare } from './explain.ts';
import { fill, filled } from './filled.ts';
import { findingsIn } from './findings.ts';
import { listsOf } from './lists.ts';
import { type Answer, exampleQuestions, pagesOf, type Question } from './questions.ts';
import { isCount, sentDuring } from './sent.ts';

let app: App;
/** The same database, with the settings of the app. */
let url: URL;
let answer: Answer;

beforeAll(async () => {
  const first = await startApp({ SEED_DEMO: 'true' });
  await first.site.settled();
  // Filling locks all tables.
  await first.close();
  url = new URL(first.site.variables.DATABASE_URL ?? '');
  await fill(new URL(url.pathname, inject('postgresAdminUrl')).href);
  url.searchParams.set('options', sessionSettings);
  app = await startApp({}, first.site);
  answer = await createAnswer();
}, 600_000);

describe('with 200,000 posts and 50,000 people', () => {
  it('each example operation uses an index', async () => {
    const questions = await exampleQuestions(answer);
    expect(questions.length).toBeGreaterThan(25);
    expect(await findingsOf(questions)).toEqual([]);
  }, 300_000);

  it('each list does, in all of its orders, with all of its filters, wherever it is read', async () => {
    const { user } = Object(
      await answer({ name: 'the demo user', query: '{ user(username: "user") { id } }', reader: 'nobody' }),
    );
    const questions: Question[] = [];
    for (const list of listsOf(user.id)) questions.push(...(await pagesOf(list, answer)));
    expect(questions.length).toBeGreaterThan(450);
    expect(await findingsOf(questions)).toEqual([]);
  }, 300_000);

  it('the words that are searched for are as frequent as they are said to be', async () => {
    const sharesOf = async (words: string) => {
      const query = `{ posts(search: "${words}") { totalCount } }`;
      const { posts } = Object(await answer({ name: words, query, reader: 'nobody' }));
      return posts.totalCount / 200_000;
    };
    const { common, ordinary, rare, code, part, unspaced } = filled.words;
    expect(await sharesOf(common)).toBeGreaterThan(0.9);
    expect(Math.abs((await sharesOf(ordinary)) - 0.02)).toBeLessThan(0.002);
    expect(Math.abs((await sharesOf(rare)) - 0.0005)).toBeLessThan(0.0002);
    expect(await sharesOf(code)).toBe(1 / 200_000);
    expect(await sharesOf(part)).toBe(1 / 200_000);
    expect(await sharesOf(unspaced)).toBe(0.02);
  });
});

/** The problems of the plans of all statements that these questions send, except counts. */
async function findingsOf(questions: readonly Question[]): Promise<string[]> {
  return withClient(url.href, async (client) => {
    const findings = new Set<string>();
    for (const question of questions) {
      for (const sent of await sentDuring(() => answer(question))) {
        if (isCount(sent)) continue;
        const run = await prepare(client, sent);
        // The last run uses the plan that PostgreSQL settles on.
        for (let runs = 0; runs < 7; runs++)
          for (const finding of findingsIn((await run()).Plan))
            findings.add(
              `${question.name}: ${finding}, in ${sent.name ?? 'a statement that is planned anew'}`,
            );
      }
    }
    return [...findings];
  });
}

async function createAnswer(): Promise<Answer> {
  const signIn = async (login: string) =>
    app.client.as(await app.client.mutate(SignInDocument, { input: { login, password: 'password' } }));
  const clients = { nobody: app.client, user: await signIn('user'), admin: await signIn('admin') };
  return async ({ name, query, variables, reader }) => {
    const { body } = await clients[reader].post({ query, variables });
    if (body.errors) throw new Error(`${name} failed: ${JSON.stringify(body.errors)}`);
    return body.data;
  };
}
