import { expect, test } from 'vitest';
import {
  MarkNotificationsReadDocument,
  NotificationReceivedDocument,
  QuestProgressedDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { openLive } from '../kit/live.ts';

const { seed, site } = await startApp();

test('an event of the ledger brings the wallet, so that a cache of objects by their ids has it right', async () => {
  const person = await seed.user();
  const events = await openLive(person.client).events(WalletChangedDocument);
  await seed.give(person, { currency: 'GOLD', amount: 7 });
  expect((await events.next()).walletChanged.wallet).toMatchObject({ gold: 7, diamond: 0 });
  await seed.give(person, { currency: 'DIAMOND', amount: 2 });
  expect((await events.next()).walletChanged.wallet).toMatchObject({ gold: 7, diamond: 2 });
});

test('a notification brings how many are unread', async () => {
  const person = await seed.user();
  const quest = await seed.quest({ maxCompletions: null, cadence: 'DAILY', goal: 1 });
  const other = await seed.quest();
  const events = await openLive(person.client).events(NotificationReceivedDocument);
  await seed.event(person, quest.eventType);
  expect((await events.next()).notificationReceived.unreadNotificationCount).toBe(1);
  await person.client.run(MarkNotificationsReadDocument, { input: {} });
  await seed.event(person, other.eventType);
  expect((await events.next()).notificationReceived.unreadNotificationCount).toBe(1);
});

test('each step in a quest is told to whoever takes it, and to nobody else, also after the fact', async () => {
  const [person, neighbour] = [await seed.user(), await seed.user()];
  const quest = await seed.quest({ goal: 3 });
  const [own, others] = [openLive(person.client), openLive(neighbour.client)];
  const events = await own.events(QuestProgressedDocument);
  const strange = await others.events(QuestProgressedDocument);
  const cursors: string[] = [];
  for (const [count, completions] of [
    [1, 0],
    [2, 0],
    [0, 1],
  ]) {
    await seed.event(person, quest.eventType);
    const { cursor, progress } = (await events.next()).questProgressed;
    expect(progress).toMatchObject({ count, completions, goal: 3, quest: { id: quest.id } });
    cursors.push(cursor);
  }
  // The quest is completed for good: nothing changes any more.
  await seed.event(person, quest.eventType);
  await site.settled();
  const again = await own.events(QuestProgressedDocument, { after: cursors[0] ?? '' });
  expect(
    [await again.next(), await again.next()].map(({ questProgressed }) => questProgressed.cursor),
  ).toEqual(cursors.slice(1));
  await strange.expectNothingMore({
    async cause() {
      const { id, eventType } = await seed.quest();
      await seed.event(neighbour, eventType);
      return id;
    },
    keyOf: ({ questProgressed }) => questProgressed.progress.quest.id,
  });
});
