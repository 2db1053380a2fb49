import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  ClaimRewardDocument,
  CompletionsDocument,
  MarkNotificationsReadDocument,
  ViewerDocument,
  WholeQuestByIdDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { insertDeadLetter, insertPurchase } from '../kit/inserted.ts';
import { idsOf, List } from '../kit/list.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();

const count = 7;
const eventType = unique('test.');
let person: Person;
let admin: Person;

/** Creates `count` items for each list, and a few of a stranger that must not appear. */
beforeAll(async () => {
  [person, admin] = await Promise.all([seed.user(), seed.admin()]);
  const stranger = await seed.user().withGold(1);
  for (let n = 0; n < count; n++) {
    await seed.reward();
    await seed.quest({ eventType, maxCompletions: n === 0 ? 1 : null });
    await seed.give(person, { currency: n % 2 ? 'GOLD' : 'DIAMOND', amount: n + 1 });
    await insertPurchase(site, person);
    const someone = await seed.user();
    await insertDeadLetter(site, someone);
  }
  // More than one page of the default size.
  for (let n = count; n < 22; n++) await seed.reward();
  await insertPurchase(site, stranger);
  await Promise.all([seed.event(person, eventType), seed.event(stranger, eventType)]);
  // Activity is recorded in the background: after this, nothing more comes.
  const here = [person, admin, await seed.boss()];
  for (const { client } of here) await client.run(ViewerDocument);
  const active = `select from recorded_event where event_type = 'user.active' and account_id = any($1::uuid[])`;
  const accounts = here.map(({ accountId }) => parseId(accountId).uuid);
  await eventually(async () => (await site.sql(active, accounts)).length === here.length);
  await site.settled();
});

/** Every list, by who may read it, with the least number of its items. */
const paths = {
  quests: count,
  rewards: 22,
  events: count,
  deadLetters: count,
  'viewer.wallet.entries': count,
  'viewer.questProgress': count,
  'viewer.completions': count,
  'viewer.purchases': count,
  // One for each gift, and one for each completion.
  'viewer.notifications': 2 * count,
};
const listOf = (path: string) => new List(path.startsWith('viewer.') ? person.client : admin.client, path);

describe.each(Object.entries(paths))('%s', (path, least) => {
  test('is read whole, forward and backward, in pages of any size', async () => {
    const list = listOf(path);
    const whole = await list.page({ first: 100 });
    const ids = idsOf(whole);
    expect(new Set(ids).size).toBe(ids.length);
    if (path.startsWith('viewer.')) expect(ids).toHaveLength(least);
    else expect(ids.length).toBeGreaterThanOrEqual(least);
    for (const size of [3, ids.length]) {
      const pages = Array.from({ length: Math.ceil(ids.length / size) });
      expect(await list.forward(size)).toEqual(
        pages.map((_, page) => ids.slice(page * size, (page + 1) * size)),
      );
      expect(await list.backward(size)).toEqual(
        pages.map((_, page) =>
          ids.slice(Math.max(0, ids.length - (page + 1) * size), ids.length - page * size),
        ),
      );
    }
  });

  test('says of each page where it begins and ends, and how many there are in all', async () => {
    const list = listOf(path);
    const whole = await list.page({ last: 100 });
    expect(whole.totalCount).toBe(whole.nodes.length);
    expect(whole.edges.map(({ node }) => node)).toEqual(whole.nodes);
    expect(whole.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: whole.edges[0]?.cursor,
      endCursor: whole.edges.at(-1)?.cursor,
    });
    const [after, before] = [whole.edges[1]?.cursor, whole.edges[5]?.cursor];
    for (const [given, from, to] of [
      [{ first: 2, after, before }, 2, 4],
      [{ last: 2, after, before }, 3, 5],
      [{ after, before }, 2, 5],
      [{ first: 0, after }, 0, 0],
      [{ last: 0 }, 0, 0],
    ] as const) {
      const page = await list.page(given);
      expect(page.edges).toEqual(whole.edges.slice(from, to));
      expect(page.totalCount).toBe(whole.totalCount);
      expect(page.pageInfo.startCursor).toBe(page.edges[0]?.cursor ?? null);
      expect(page.pageInfo.endCursor).toBe(page.edges.at(-1)?.cursor ?? null);
    }
  });

  test('has 20 to a page where nothing else is asked for, and 100 at most', async () => {
    const list = listOf(path);
    const ids = idsOf(await list.page({ first: 100 }));
    expect(idsOf(await list.page())).toEqual(ids.slice(0, 20));
    expect(idsOf(await list.page({ first: null, last: null }))).toEqual(ids.slice(0, 20));
    for (const given of [{ first: 101 }, { first: -1 }, { last: 101 }, { last: -1 }, { first: 1, last: 1 }]) {
      expect([given, await list.fails(given)]).toEqual([given, ['BAD_USER_INPUT']]);
    }
  });

  test('takes no cursor but its own', async () => {
    const list = listOf(path);
    const own = present((await list.page({ first: 1 })).pageInfo.endCursor);
    const others = Object.keys(paths).filter((other) => other !== path);
    const foreign = await Promise.all(
      others.map(async (other) => present((await listOf(other).page({ first: 1 })).pageInfo.endCursor)),
    );
    const malformed = [
      '',
      'x',
      own.slice(0, -4),
      `${own}A`,
      own.slice(4),
      '4'.repeat(3000),
      'W10',
      `${own}=`,
    ];
    const answers = await Promise.all([
      ...foreign.map(async (after) => [after, await list.fails({ after })]),
      ...malformed.map(async (before) => [before, await list.fails({ last: 1, before })]),
    ]);
    expect(answers).toEqual([...foreign, ...malformed].map((cursor) => [cursor, ['BAD_USER_INPUT']]));
    expect(await list.fails({ after: own })).toEqual([]);
  });
});

describe('what a list is asked for', () => {
  const filtered = async (path: string, filter: string) => {
    const page = await listOf(path).page({ first: 100, filter });
    expect(page.totalCount).toBe(page.nodes.length);
    return idsOf(page);
  };

  test.each([
    ['viewer.wallet.entries', 'currency: GOLD', 3],
    ['viewer.wallet.entries', 'currency: DIAMOND', 4],
    ['viewer.wallet.entries', 'currency: null', 7],
    ['viewer.questProgress', 'states: [EXHAUSTED]', 1],
    ['viewer.questProgress', 'states: [ACTIVE]', 6],
    ['viewer.questProgress', 'states: [ACTIVE, EXHAUSTED]', 7],
    ['viewer.questProgress', 'states: []', 0],
    ['viewer.questProgress', 'states: null', 7],
    ['quests', `eventType: "${eventType}"`, 7],
    ['quests', 'eventType: "no.such_type"', 0],
    ['events', `eventType: "${eventType}"`, 2],
    ['events', 'eventType: "no.such_type"', 0],
    ['events', 'userId: "user_01h455vb4pex5vsknk084sn02q"', 0],
  ])('%s with %s', async (path, filter, expected) => {
    expect(await filtered(path, filter)).toHaveLength(expected);
  });

  test('events of one person, and of one type of theirs', async () => {
    // Signing up, activity, the events of this test, and an event for each completion.
    expect(await filtered('events', `userId: "${person.id}"`)).toHaveLength(3 + count);
    const both = `userId: "${person.id}", eventType: "user.signed_up"`;
    expect(await filtered('events', both)).toHaveLength(1);
    expect(await listOf('events').fails({ filter: 'userId: "nobody"' })).toEqual(['BAD_USER_INPUT']);
  });

  test('completions by whether they were claimed', async () => {
    const { viewer } = await person.client.run(CompletionsDocument);
    const completionId = present(viewer?.completions.nodes[0]).id;
    await person.client.mutate(ClaimRewardDocument, { input: { completionId } });
    expect(await filtered('viewer.completions', 'status: CLAIMED')).toEqual([completionId]);
    const open = await filtered('viewer.completions', 'status: CLAIMABLE');
    expect(open).toHaveLength(count - 1);
    expect(open).not.toContain(completionId);
  });

  test('notifications that are unread', async () => {
    const all = await filtered('viewer.notifications', 'unreadOnly: false');
    const [read = '', ...unread] = all;
    const { unreadNotificationCount } = await person.client.mutate(MarkNotificationsReadDocument, {
      input: { ids: [read] },
    });
    expect(unreadNotificationCount).toBe(unread.length);
    expect(await filtered('viewer.notifications', 'unreadOnly: true')).toEqual(unread);
    expect(await filtered('viewer.notifications', 'unreadOnly: false')).toEqual(all);
  });

  test('a cursor holds within any filter of its list', async () => {
    const list = listOf('viewer.wallet.entries');
    const { edges } = await list.page({ first: 100 });
    const gold = await list.page({ filter: 'currency: GOLD' });
    const after = present(edges[2]).cursor;
    const rest = new Set(edges.slice(3).map(({ node }) => node.id));
    expect(idsOf(await list.page({ after, filter: 'currency: GOLD' }))).toEqual(
      idsOf(gold).filter((id) => rest.has(id)),
    );
  });
});

test('what comes in while somebody pages moves nothing', async () => {
  const list = new List(client, 'rewards');
  const first = await list.page({ first: 3 });
  await seed.reward();
  const second = await list.page({ first: 3, after: first.pageInfo.endCursor });
  const { nodes } = await list.page({ first: 7 });
  expect([...idsOf(first), ...idsOf(second)]).toEqual(idsOf({ nodes }).slice(1));
});

test('quests holds archived ones for admins who ask for them, and for nobody else', async () => {
  const type = unique('test.');
  const [open, archived] = [
    await seed.quest({ eventType: type }),
    await seed.archivedQuest({ eventType: type }),
  ];
  const idsFor = async (who: Client, filter: string) => {
    const page = await new List(who, 'quests').page({ filter: `eventType: "${type}" ${filter}` });
    expect(page.totalCount).toBe(page.nodes.length);
    return idsOf(page);
  };
  const service = await seed.service();
  for (const who of [client, person.client, service.client]) {
    for (const include of ['', 'includeArchived: null', 'includeArchived: false', 'includeArchived: true']) {
      expect(await idsFor(who, include)).toEqual([open.id]);
    }
  }
  expect(await idsFor(admin.client, '')).toEqual([open.id]);
  expect(await idsFor(admin.client, 'includeArchived: true')).toEqual([archived.id, open.id]);
  expect((await client.run(WholeQuestByIdDocument, { id: archived.id })).quest?.archived).toBe(true);
});
