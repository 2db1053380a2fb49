import { readFile } from 'node:fs/promises';
import { buildASTSchema, getNamedType, isAbstractType, isInterfaceType, isObjectType, parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { whileNothingIsApplied } from '../kit/held.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { statements } from '../kit/statements.ts';
import { present, unique } from '../kit/unique.ts';

const app = await startApp();
const { seed, site } = app;

/** Queries by the field that they read, with ids filled in. */
const reads: Readonly<Record<string, string>> = {
  'Account.wallet': '{ viewer { wallet { gold } } }',
  'Account.questProgress': '{ viewer { questProgress { nodes { count state completions updatedAt } } } }',
  'Account.completions': '{ viewer { completions { totalCount nodes { id ordinal } } } }',
  'Account.notifications': '{ viewer { notifications { totalCount nodes { id } } } }',
  'Account.unreadNotificationCount': '{ viewer { unreadNotificationCount } }',
  'Wallet.entries': '{ viewer { wallet { id entries { totalCount nodes { id } } } } }',
  'Quest.viewerProgress': 'query ($quest: ID!) { quest(id: $quest) { viewerProgress { count } } }',
  'Query.node': 'query ($progress: ID!) { node(id: $progress) { ... on QuestProgress { count } } }',
  'Query.nodes':
    'query ($wallet: ID!) { nodes(ids: [$wallet]) { ... on Wallet { gold entries { totalCount } } } }',
};

/** The same fields reached by other paths. */
const otherWays: Readonly<Record<string, string>> = {
  'several quests': '{ quests { nodes { viewerProgress { count } } } }',
  'a filter of progress': '{ viewer { questProgress(states: [ACTIVE]) { totalCount nodes { count } } } }',
  'a filter of completions': '{ viewer { completions(status: CLAIMED) { totalCount } } }',
  'unread notifications': '{ viewer { notifications(unreadOnly: true) { totalCount } } }',
  'a count alone': '{ viewer { completions { totalCount } } }',
  'a wallet by its id': 'query ($wallet: ID!) { node(id: $wallet) { ... on Wallet { gold } } }',
  'an account by its id':
    'query ($account: ID!) { node(id: $account) { ... on Account { unreadNotificationCount } } }',
  'a fragment':
    'fragment Purse on Account { wallet { ...Gold } } fragment Gold on Wallet { gold } { viewer { ...Purse } }',
  'an alias': '{ me: viewer { purse: wallet { all: gold } } }',
  'a directive': 'query ($yes: Boolean = true) { viewer { wallet @include(if: $yes) { gold } } }',
  'a quest in a progress': '{ viewer { questProgress { nodes { quest { viewerProgress { count } } } } } }',
};

const eventType = unique('test.');
let person: Person;
let variables: Record<string, string>;

beforeAll(async () => {
  const reward = await seed.reward();
  const fields = { eventType, maxCompletions: null, rewards: [{ rewardId: reward.id }] };
  await seed.quest({ ...fields, autoClaim: true });
  const quest = (await seed.quest({ eventType, goal: 100_000 })).id;
  person = await seed.user();
  await seed.event(person, eventType);
  await site.settled();
  const { body } = await person.client.post<{ viewer: Standing }>({ query: standing });
  const { id: account, wallet, questProgress } = present(body.data).viewer;
  const progress = present(questProgress.nodes.find(({ goal }) => goal > 1)).id;
  variables = { quest, account, wallet: wallet.id, progress };
});

const standing = '{ viewer { id wallet { id } questProgress { nodes { id goal } } } }';
interface Standing {
  readonly id: string;
  readonly wallet: { readonly id: string };
  readonly questProgress: { readonly nodes: readonly { readonly id: string; readonly goal: number }[] };
}

/** The number of statements so far that look for pending events. */
async function looks(): Promise<number> {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/statement="events\.pending"\} (\d+)/.exec(text)?.[1] ?? 0);
}

type Ask = (query: string) => Promise<unknown>;
const overHttp: Ask = async (query) => (await person.client.post({ query, variables })).body;

/** Sends the query while an event is pending that cannot be applied before the query has arrived. */
async function askBeforeItIsApplied(ask: Ask, query: string): Promise<{ answer: unknown; ms: number }> {
  const before = await looks();
  let answered = false;
  const began = performance.now();
  let asked: Promise<{ answer: unknown; ms: number }> | undefined;
  await whileNothingIsApplied(site, async () => {
    await seed.event(person, eventType);
    asked = ask(query).then((answer) => {
      answered = true;
      return { answer, ms: performance.now() - began };
    });
    await eventually(async () => answered || (await looks()) > before);
  });
  return present(await asked);
}

/** Expects an answer that shows all events applied; a read that ran out of time is repeated. */
async function expectFresh(ask: Ask, query: string): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await site.settled();
    const before = await ask(query);
    const { answer, ms } = await askBeforeItIsApplied(ask, query);
    await site.settled();
    if (JSON.stringify(answer) === JSON.stringify(before) && ms >= 500) continue;
    expect(answer).not.toEqual(before);
    expect(answer).toEqual(await ask(query));
    return;
  }
  throw new Error('Nothing was applied within half a second, five times.');
}

describe('a person reads their own events, recorded before,', () => {
  test.each(Object.entries(reads))('in %s', async (_field, query) => {
    await expectFresh(overHttp, query);
  });

  test.each(Object.entries(otherWays))('by %s', async (_way, query) => {
    await expectFresh(overHttp, query);
  });

  test('over a WebSocket', async () => {
    const socket = await Socket.acknowledged(app.client, { authorization: `Bearer ${person.accessToken}` });
    let next = 0;
    await expectFresh(async (query) => {
      const id = String(next++);
      socket.send({ type: 'subscribe', id, payload: { query, variables } });
      const { payload } = await socket.receive('next');
      await socket.receive('complete');
      return payload;
    }, present(reads['Account.wallet']));
  });
});

describe('of what events move', () => {
  /** The types that show rows written by the worker. */
  const moved = new Set(['Wallet', 'LedgerEntry', 'QuestProgress', 'QuestCompletion', 'Notification']);
  /** Fields that need not wait: they never change once they can be queried, or no event changes them. */
  const still = [
    'Account.email',
    'Account.id',
    'Account.identities',
    'Account.purchases',
    'Account.role',
    'Account.sessions',
    'Account.status',
    'Account.timeZone',
    'Account.user',
    'LedgerEntry.source',
    'Notification.subject',
  ];

  test('every field of the schema is known to be read after the own events, or not to need it', async () => {
    const schema = buildASTSchema(parse(await readFile('schema.graphql', 'utf8')));
    const found = new Set<string>();
    const seen = new Set<string>();
    const walk = (name: string) => {
      const type = schema.getType(name);
      if (seen.has(name) || type === undefined) return;
      seen.add(name);
      if (isAbstractType(type)) for (const { name: one } of schema.getPossibleTypes(type)) walk(one);
      if (!isObjectType(type) && !isInterfaceType(type)) return;
      const isPart = /(Connection|Edge)$/.test(name);
      for (const field of Object.values(type.getFields())) {
        const target = getNamedType(field.type);
        const holds = isAbstractType(target)
          ? schema.getPossibleTypes(target).some((one) => moved.has(one.name))
          : moved.has(target.name.replace(/Connection$/, ''));
        if (!isPart && (holds || name === 'Account')) found.add(`${name}.${field.name}`);
        walk(target.name);
      }
    };
    walk('Query');
    expect([...found].toSorted()).toEqual([...Object.keys(reads), ...still].toSorted());
  });

  test('the worker writes these tables, and no others', async () => {
    await site.settled();
    const tables = (
      await site.sql<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('migration')`,
      )
    ).map(({ name }) => name);
    const all = async () =>
      new Map(await Promise.all(tables.map(async (name) => [name, await site.contents(name)] as const)));
    let before = new Map<string, string>();
    await whileNothingIsApplied(site, async () => {
      await seed.event(person, eventType);
      before = await all();
    });
    await site.settled();
    const after = await all();
    expect(tables.filter((name) => before.get(name) !== after.get(name)).toSorted()).toEqual([
      'ledger_entry',
      'live_event',
      'live_position',
      'notification',
      'quest_completion',
      'quest_progress',
      'quest_progress_event',
      'recorded_event',
      'wallet',
    ]);
  });
});

describe('a look at what waits is sent', () => {
  const sent = async (query: string, ask = person.client) =>
    (await statements(app, () => ask.post({ query, variables })))['events.pending'] ?? 0;

  test('once for an operation, however much of it events move', async () => {
    await site.settled();
    const all = `query ($quest: ID!) { ${Object.values({
      viewer:
        'viewer { wallet { gold entries { totalCount } } questProgress { totalCount } completions { totalCount } unreadNotificationCount notifications { totalCount } }',
      quest: 'quest(id: $quest) { viewerProgress { count } } quests { nodes { viewerProgress { count } } }',
    }).join(' ')} }`;
    expect(await sent(all)).toBe(1);
  });

  test.each([
    '{ viewer { id email user { username } } }',
    '{ viewer { purchases { totalCount } sessions { id } identities { provider } } }',
    '{ posts { totalCount nodes { title author { username } } } }',
    '{ products { totalCount } }',
    '{ quests { nodes { name rewards { quantity } prerequisites { id } } } }',
    '{ collections { totalCount } }',
    '{ users { totalCount } }',
    'query ($quest: ID!) { quest(id: $quest) { name } }',
    'query ($quest: ID!) { node(id: $quest) { id } }',
    '{ hello { message } }',
    '{ liveCursor }',
  ])('not for %s', async (query) => {
    await site.settled();
    expect(await sent(query)).toBe(0);
  });

  test('not for nobody', async () => {
    expect(await sent('{ quests { nodes { viewerProgress { count } } } viewer { id } }', app.client)).toBe(0);
  });

  test.each([
    'mutation { markNotificationsRead(input: { ids: [] }) { unreadNotificationCount } }',
    'mutation { updateProfile(input: {}) { account { wallet { gold } questProgress { totalCount } } } }',
    'mutation { createPost(input: { title: "One", body: "One." }) { post { id } } }',
  ])('not for %s', async (query) => {
    await site.settled();
    expect(await sent(query)).toBe(0);
  });
});
