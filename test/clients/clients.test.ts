import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { signIn } from '../../examples/session.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { FaultProxy } from '../kit/fault-proxy.ts';
import { whenDone } from '../kit/when-done.ts';
import { Instance } from '../processes/fleet.ts';
import { createLive } from './live.ts';
import { apolloApp } from './scenario/apollo-app.ts';
import type { App, MakeApp } from './scenario/app.ts';
import { graphqlWsApp } from './scenario/graphql-ws-app.ts';
import { relayApp } from './scenario/relay-app.ts';
import { tanstackApp } from './scenario/tanstack-app.ts';
import { urqlApp } from './scenario/urql-app.ts';

const makers: Readonly<Record<string, MakeApp>> = {
  'graphql-ws': graphqlWsApp,
  'Apollo Client': apolloApp,
  urql: urqlApp,
  Relay: relayApp,
  'TanStack Query': tanstackApp,
};

/** Clients reconnect after up to 10 s; on a busy machine the rest takes even longer. */
async function until(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`It did not come true: ${check}`);
    await delay(20);
  }
}

/** The lifetime of an access token: several expire during the test. */
const ttl = '4s';

test('every client has each event once, in order, and a true cache, through expiries, restarts and a lost network', async () => {
  // A server for the test alone, so that people's data keeps changing whatever happens to the clients' servers.
  const desk = await startApp();
  const { site, seed } = desk;
  const start = () => Instance.start(site, { ACCESS_TOKEN_TTL: ttl, STOP_GRACE: '200ms' });
  const [first, second] = await Promise.all([start(), start()]);
  const way = await FaultProxy.open(first.url);
  whenDone(() => way.close());
  const url = new URL('/graphql', way.urlOf(first.url)).href;
  const quest = await seed.quest({ goal: 1_000 });

  const people = await Promise.all(
    Object.entries(makers).map(async ([name, make]) => {
      const person = await seed.user();
      for (let n = 1; n <= 5; n++) await seed.post(person, { title: `${n}` });
      await seed.event(person, quest.eventType);
      await site.settled();
      const session = await signIn(url, { login: person.username, password: person.password });
      const cursors: Record<string, string> = {};
      const live = createLive(url.replace('http', 'ws'), session, cursors);
      // Not awaited: it takes long if the client is connecting to a server that is gone, and may reject.
      whenDone(() => void Promise.resolve(live.dispose()).catch(() => undefined));
      /** The course of the connection: `connected`, and the closing codes. */
      const course: unknown[] = [];
      live.on('connected', () => course.push('connected'));
      live.on('closed', (closing) => course.push(Object(closing).code));
      const app: App = await make({ url, session, live });
      const balances: number[] = [];
      const ends: unknown[] = [];
      cursors.WalletChanged = await app.load();
      cursors.QuestProgressed = cursors.WalletChanged;
      app.listen(
        (balance) => balances.push(balance),
        (reason) => ends.push(reason),
      );
      return { name, person, app, balances, ends, course };
    }),
  );

  let given = 0;
  let over = false;
  const happening = (async () => {
    while (!over) {
      await Promise.all(
        people.map(async ({ person }) => {
          await seed.give(person, { currency: 'GOLD', amount: 1 });
          await seed.event(person, quest.eventType);
        }),
      );
      given++;
      await delay(200);
    }
  })();
  /** Waits until all have received an event that happens from now on. */
  const allHear = async () => {
    const goal = given + 2;
    await until(() => people.every(({ balances }) => balances.length >= goal));
  };
  /** Waits until most have a socket, which can notice what comes next: tokens expire too often for all at once. */
  const mostConnected = () =>
    until(() => people.filter(({ course }) => course.at(-1) === 'connected').length > people.length / 2);
  const expiries = ({ course }: { course: unknown[] }) => course.filter((code) => code === 4403).length;

  try {
    await allHear();
    await Promise.all(people.map(({ app }) => app.createPost('while all is well')));
    await until(() => people.every((each) => expiries(each) >= 1));
    // A rolling restart: the balancer sends clients to the other server.
    way.aim(second.url);
    await mostConnected();
    expect(await first.stop()).toBe(0);
    await Promise.all([first.restart(), allHear()]);
    way.aim(first.url);
    await mostConnected();
    expect(await second.stop()).toBe(0);
    await allHear();
    // Now the only running server is killed: there is none until the other one has started.
    await mostConnected();
    await first.kill();
    await second.restart();
    way.aim(second.url);
    await allHear();
    // 20 s without a network: first silence for as long as a ping and its answer may take, then refused connections.
    await mostConnected();
    way.set({ silent: true });
    await delay(16_000);
    // Data that was held back is lost.
    way.cut();
    way.set({ refuses: true });
    await delay(4_000);
    way.set({});
    await allHear();
    await until(() => people.every((each) => expiries(each) >= 2));
    await allHear();
    await Promise.all(people.map(({ app }) => app.createPost('after it all')));
  } finally {
    over = true;
    await happening;
  }
  await site.settled();

  for (const { name, app, balances, ends, course } of people) {
    const all = Array.from({ length: given }, (_, index) => index + 1);
    await eventually(() => expect([name, balances]).toEqual([name, all]));
    const asked = await app.asked();
    expect(asked).toMatchObject({ gold: given, progress: given + 1 });
    expect(asked.posts).toEqual(['after it all', 'while all is well', '5', '4', '3', '2', '1']);
    await eventually(async () => expect([name, await app.kept()]).toEqual([name, asked]));
    expect([name, ends]).toEqual([name, []]);
    expect([name, course]).toEqual([name, expect.arrayContaining([4403])]);
  }
  // Not for each client: a token may have ended its socket just before the stop, the kill or the unanswered ping did.
  const courses = people.flatMap(({ course }) => course);
  expect(courses).toEqual(expect.arrayContaining([1012, 1006, 4499]));
}, 240_000);

test('relay-compiler would write from schema.graphql what is there', () => {
  const compiler = fileURLToPath(import.meta.resolve('relay-compiler/cli.js'));
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '--noWatchman', '--validate'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  expect(status, `To put it right: npm --prefix test/clients run relay\n${stdout}${stderr}`).toBe(0);
});

test('docs/clients.md shows these files as they are', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const page = read('../../docs/clients.md');
  const shown = [...page.matchAll(/^```ts\n\/\/ test\/clients\/(\S+)\n(.*?)^```$/gms)];
  expect(shown.map(([, name]) => name)).toEqual([
    'live.ts',
    'apollo.ts',
    'urql.ts',
    'relay.ts',
    'tanstack.ts',
  ]);
  for (const [, name, text] of shown) expect(text).toBe(read(name ?? ''));
});
