import { beforeAll, describe, expect, test } from 'vitest';
import { prefixes, toId } from '../../src/domain/ids.ts';
import {
  AnythingDocument,
  BelongingsDocument,
  DeadLettersDocument,
  EventsDocument,
  NodeDocument,
  NodesDocument,
  UserDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { insertDeadLetter, insertPurchase } from '../kit/inserted.ts';
import type { Person } from '../kit/seed.ts';
import { present, unique } from '../kit/unique.ts';

const { client, seed, site } = await startApp();

let owner: Person;
let other: Person;
let admin: Person;
let service: Person;
/** One id of each type. */
let ids: Readonly<Record<string, string>>;

beforeAll(async () => {
  [owner, other, admin, service] = await Promise.all([
    seed.user().withGold(5),
    seed.user(),
    seed.admin(),
    seed.service(),
  ]);
  const [reward, quest] = [await seed.reward(), await seed.quest()];
  await seed.event(owner, quest.eventType);
  await insertPurchase(site, owner);
  await site.settled();
  await insertDeadLetter(site, owner);
  const { viewer } = await owner.client.run(BelongingsDocument);
  const account = present(viewer);
  const { events } = await admin.client.run(EventsDocument, { userId: owner.id });
  const { deadLetters } = await admin.client.run(DeadLettersDocument);
  ids = {
    User: account.user.id,
    Account: account.id,
    Wallet: account.wallet.id,
    LedgerEntry: present(account.wallet.entries.nodes[0]).id,
    Reward: reward.id,
    Quest: quest.id,
    QuestProgress: present(account.questProgress.nodes[0]).id,
    QuestCompletion: present(account.completions.nodes[0]).id,
    Purchase: present(account.purchases.nodes[0]).id,
    Notification: present(account.notifications.nodes[0]).id,
    RecordedEvent: present(events.nodes[0]).id,
    DeadLetter: present(deadLetters.nodes[0]).id,
  };
});

const everybody = ['owner', 'admin', 'other', 'service', 'nobody'] as const;
const clientOf = (who: (typeof everybody)[number]) =>
  ({
    owner: owner.client,
    admin: admin.client,
    other: other.client,
    service: service.client,
    nobody: client,
  })[who];

describe('node and nodes', () => {
  const owned = ['owner', 'admin'];
  test.each([
    ['User', everybody],
    ['Reward', everybody],
    ['Quest', everybody],
    ['Account', owned],
    ['Wallet', owned],
    ['LedgerEntry', owned],
    ['QuestProgress', owned],
    ['QuestCompletion', owned],
    ['Purchase', owned],
    ['Notification', owned],
    ['RecordedEvent', ['admin']],
    ['DeadLetter', ['admin']],
  ] satisfies [string, readonly string[]][])('%s is found by %j', async (type, finders) => {
    const id = present(ids[type]);
    for (const who of everybody) {
      const found = finders.includes(who) ? expect.objectContaining({ __typename: type, id }) : null;
      const { node } = await clientOf(who).run(NodeDocument, { id });
      const { nodes } = await clientOf(who).run(AnythingDocument, { ids: [id, id] });
      expect([who, node, nodes]).toEqual([who, found, [found, found]]);
      // Its type, its id, and one field of the type itself.
      expect(Object.keys(nodes[0] ?? {})).toHaveLength(found ? 3 : 0);
    }
  });

  test('give what was asked for, in the order of the ids', async () => {
    const wanted = Object.values(ids);
    const nothing = toId('quest', '00000000-0000-7000-8000-00000000000f');
    const { nodes } = await admin.client.run(NodesDocument, { ids: [nothing, ...wanted.reverse(), nothing] });
    expect(nodes.map((node) => node?.id ?? null)).toEqual([null, ...wanted, null]);
  });

  test('find nothing where there is nothing, whatever the type', async () => {
    for (const prefix of prefixes) {
      const id = toId(prefix, '01890000-0000-7000-8000-00000000000f');
      expect(await admin.client.run(NodeDocument, { id })).toEqual({ node: null });
    }
  });

  test('find nothing by an id with the prefix of another type', async () => {
    const [suffix = ''] = present(ids.Quest).split('_').slice(1);
    for (const prefix of prefixes.filter((name) => name !== 'quest')) {
      expect(await admin.client.run(NodeDocument, { id: `${prefix}_${suffix}` })).toEqual({ node: null });
    }
  });

  test('cannot read a malformed id, in a variable or in the document', async () => {
    const good = present(ids.Quest);
    const malformed = [
      '',
      'quest',
      'quest_',
      'nonsense',
      good.toUpperCase(),
      good.slice(0, -1),
      `${good}0`,
      good.replace('quest', 'quests'),
      good.replace('quest_', ''),
      `quest_8${good.slice(7)}`,
      good.replace(/.$/, 'u'),
      'quest_01890000-0000-7000-8000-00000000000f',
      `${good}\u0000`,
    ];
    for (const id of malformed) {
      expect([id, await client.fails(NodeDocument, { id })]).toEqual([id, ['BAD_USER_INPUT']]);
      expect([id, await client.fails(NodesDocument, { ids: [good, id] })]).toEqual([id, ['BAD_USER_INPUT']]);
      const { body } = await client.post({ query: `{ node(id: ${JSON.stringify(id)}) { id } }` });
      expect([id, body.errors?.map(({ extensions }) => extensions?.code)]).toEqual([id, ['BAD_USER_INPUT']]);
    }
  });

  test('take 100 ids and no more', async () => {
    const many = (count: number) => ({ ids: Array.from({ length: count }, () => present(ids.Quest)) });
    expect((await client.run(NodesDocument, many(100))).nodes).toHaveLength(100);
    expect((await client.run(NodesDocument, many(0))).nodes).toEqual([]);
    expect(await client.fails(NodesDocument, many(101))).toEqual(['BAD_USER_INPUT']);
  });
});

describe('user', () => {
  test('is found by id or by username, without case, by everyone', async () => {
    const { id, username } = owner;
    const user = expect.objectContaining({ id, username });
    for (const who of everybody) {
      expect(await clientOf(who).run(UserDocument, { id })).toEqual({ user });
      expect(await clientOf(who).run(UserDocument, { username: username.toUpperCase() })).toEqual({ user });
      expect(await clientOf(who).run(UserDocument, { id, username: null })).toEqual({ user });
    }
    expect(await client.run(UserDocument, { username: unique('nobody') })).toEqual({ user: null });
    expect(await client.run(UserDocument, { username: '' })).toEqual({ user: null });
    expect(await client.run(UserDocument, { id: present(ids.Account) })).toEqual({ user: null });
  });

  test('takes exactly one of the two', async () => {
    const { id, username } = owner;
    for (const variables of [{}, { id: null, username: null }, { id, username }, { id: 'nonsense' }]) {
      expect(await client.fails(UserDocument, variables)).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('a deleted one is gone', async () => {
    const gone = await seed.user();
    await site.sql('update account set deleted_at = now(), email = null where username = $1', gone.username);
    for (const who of [client, admin.client]) {
      expect(await who.run(UserDocument, { id: gone.id })).toEqual({ user: null });
      expect(await who.run(UserDocument, { username: gone.username })).toEqual({ user: null });
      const { nodes } = await who.run(NodesDocument, { ids: [gone.id, gone.accountId] });
      expect(nodes).toEqual([null, null]);
    }
    expect(await gone.client.fails(NodesDocument, { ids: [] })).toEqual(['UNAUTHENTICATED']);
  });
});
