import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LiveCursorDocument, SuspendAccountDocument } from './generated/operations.ts';
import { startApp } from './kit/app.ts';
import { eventually } from './kit/eventually.ts';
import type { Person } from './kit/seed.ts';
import { createSite, type Site } from './kit/site.ts';

/** The part of the page's module that is tested here; the rest needs a browser. */
interface LiveModule {
  listen(request: object, sink: Sink): () => void;
  readonly connection: { get(): string; watch(listener: (now: string) => void): void };
}
interface SessionModule {
  signIn(login: string, password: string): Promise<void>;
  readonly session: { get(): { accessToken: string } | null };
}
interface Sink {
  next(result: { data?: Record<string, { postId: string }> | null; errors?: unknown }): void;
  error(problem: unknown): void;
  complete(): void;
}

let site: Site;
let app: Awaited<ReturnType<typeof startApp>>;
let author: Person;
let live: LiveModule;
let session: SessionModule;

/** Serves, on the earlier port if one is given. */
const start = (port = '0') => startApp({ PORT: port }, site);

beforeAll(async () => {
  site = await createSite();
  app = await start();
  author = await app.seed.user();
  const stored = new Map<string, string>();
  vi.stubGlobal('location', { href: `${app.url}/graphiql` });
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  const moduleAt = (name: string) => import(`../graphiql/${name}.ts`);
  live = await moduleAt('live');
  session = await moduleAt('session');
});

afterAll(() => vi.unstubAllGlobals());

/** Subscribes as the page does; returns what is received. */
function listen(query: string, variables: object = {}) {
  const heard: string[] = [];
  const ends: unknown[] = [];
  const stop = live.listen(
    { query, variables },
    {
      next: ({ data, errors }) => {
        heard.push(...Object.values(data ?? {}).map(({ postId }) => postId));
        if (errors) ends.push(errors);
      },
      error: (problem) => ends.push(problem),
      complete: () => ends.push('complete'),
    },
  );
  return { heard, ends, stop };
}

test('GraphiQL’s subscriptions outlive a restart of the only server, miss nothing, and it says what goes on', async () => {
  const states: string[] = [];
  live.connection.watch((now) => states.push(now));
  const { liveCursor: after } = await app.client.run(LiveCursorDocument);
  const byVariable = listen(
    'subscription ($after: LiveCursor) { postChanged(after: $after) { cursor postId } }',
    {
      after,
    },
  );
  const byName = listen('subscription Posts { postChanged { cursor postId } }');
  const written: string[] = [];
  const write = async () => written.push((await app.seed.post(author)).id);
  await eventually(() => live.connection.get() === 'open');
  await eventually(async () => {
    await write();
    return byName.heard.length > 0;
  });
  const early = written.indexOf(byName.heard[0] ?? '');
  for (let restarts = 0; restarts < 2; restarts++) {
    const { port } = new URL(app.url);
    await app.close();
    await eventually(() => live.connection.get() === 'unreachable');
    app = await start(port);
    await write();
    await write();
    await eventually(() => live.connection.get() === 'open');
    await write();
    await eventually(() => expect(byVariable.heard).toEqual(written));
    await eventually(() => expect(byName.heard).toEqual(written.slice(early)));
  }
  expect([...byVariable.ends, ...byName.ends]).toEqual([]);
  expect(states).toEqual(expect.arrayContaining(['connecting', 'open', 'restarting', 'unreachable']));
  byVariable.stop();
  byName.stop();
  await eventually(() => live.connection.get() === 'closed');
}, 40_000);

test('a session that the server has ended is over on the page, too, and it does not try for ever', async () => {
  app = await start(new URL(app.url).port);
  await session.signIn(author.username, author.password);
  const { ends, stop } = listen('subscription { notificationReceived { cursor } }');
  await eventually(() => live.connection.get() === 'open');
  const admin = await app.seed.admin();
  await admin.client.run(SuspendAccountDocument, { input: { userId: author.id, suspended: true } });
  await eventually(() => session.session.get() === null);
  await eventually(() =>
    expect(ends).toEqual([
      [expect.objectContaining({ message: expect.stringMatching(/^Sign in/) })],
      'complete',
    ]),
  );
  stop();
});
