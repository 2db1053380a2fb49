import { expect, test } from 'vitest';
import { ListsOfAccountsDocument, QuestsWithEverythingDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { insertPurchase } from '../kit/inserted.ts';
import { statements } from '../kit/statements.ts';
import { unique } from '../kit/unique.ts';

// Ten accounts with all their lists cost 5,491 points.
const app = await startApp({ LIMIT_COST: '0' });
const { seed, site } = app;

test('1 quest and 50, with rewards, prerequisites and the viewer’s progress, take the same statements', async () => {
  const [person, first] = await Promise.all([seed.user(), seed.quest()]);
  const rewards = await Promise.all([seed.reward(), seed.reward({ currency: 'DIAMOND', amount: 1 })]);
  const eventType = unique('test.');
  for (let n = 0; n < 50; n++) {
    const links = rewards.map(({ id }) => ({ rewardId: id }));
    await seed.quest({ eventType, goal: 2, prerequisiteIds: [first.id], rewards: links });
  }
  await seed.event(person, first.eventType);
  await seed.event(person, eventType);
  await site.settled();

  const sent = (count: number) =>
    statements(app, async () => {
      const { quests } = await person.client.run(QuestsWithEverythingDocument, { first: count });
      expect(quests.totalCount).toBe(51);
      expect(quests.nodes).toHaveLength(count);
      for (const quest of quests.nodes) {
        expect(quest).toEqual({
          prerequisites: [{ name: first.name }],
          rewards: rewards.map(({ item }) => ({ quantity: 1, reward: { item } })),
          viewerProgress: { state: 'ACTIVE', count: 1 },
        });
      }
    });
  await sent(1);
  await site.activeToday(person);
  const one = await sent(1);
  expect(one).toEqual({
    // Whether events of the viewer's own are pending, once for the whole operation.
    'events.pending': 1,
    'quests.newest.first1': 1,
    'quests.count.1': 1,
    'quest.prerequisites': 1,
    'quest.byId': 1,
    'quest.rewards': 1,
    'reward.byId': 1,
    'progress.byQuest': 1,
  });
  expect(await sent(50)).toEqual(one);
});

test('the lists of 1 account and of 10 take the same statements', async () => {
  const admin = await seed.admin();
  const reward = await seed.reward();
  const quest = await seed.quest({ autoClaim: true, rewards: [{ rewardId: reward.id }] });
  const people = await Promise.all(Array.from({ length: 10 }, () => seed.user().withGold(5)));
  for (const person of people) {
    await insertPurchase(site, person);
    await seed.event(person, quest.eventType);
  }
  await site.settled();

  const sent = (count: number) =>
    statements(app, async () => {
      const ids = people.slice(0, count).map(({ accountId }) => accountId);
      const { nodes } = await admin.client.run(ListsOfAccountsDocument, { ids });
      expect(nodes).toHaveLength(count);
      for (const account of nodes) {
        expect(account).toMatchObject({
          // The gift, and the completion with its reward.
          unreadNotificationCount: expect.any(Number),
          wallet: { entries: { totalCount: 2 } },
          questProgress: { totalCount: 1, nodes: [{ quest: { name: quest.name } }] },
          completions: { totalCount: 1, nodes: [{ eventIds: [expect.any(String)] }] },
          purchases: { totalCount: 1, nodes: [{ product: { sku: expect.any(String) } }] },
        });
      }
    });
  await sent(1);
  await site.activeToday(admin);
  const one = await sent(1);
  expect(await sent(10)).toEqual(one);
  expect(new Set(Object.values(one))).toEqual(new Set([1]));
});
