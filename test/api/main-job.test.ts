import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  ClaimRewardDocument,
  DeadLettersDocument,
  NotificationReceivedDocument,
  QuestCompletedDocument,
  RecordEventsDocument,
  ReplayDeadLetterDocument,
  SignInDocument,
  ViewerWithWalletDocument,
  WalletChangedDocument,
} from '../generated/operations.ts';
import { type App, startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { completionMarker, notificationMarker, walletMarker } from '../kit/markers.ts';

const app = await startApp();
const { seed, client } = app;

/** A quest for everyone's first sign-in. */
const welcome = await seed.quest({
  eventType: 'user.signed_in',
  eventMatch: { first: true },
  autoClaim: true,
  rewards: [
    { rewardId: (await seed.reward({ currency: 'GOLD', amount: 50 })).id, quantity: 2 },
    { rewardId: (await seed.reward({ currency: 'DIAMOND', amount: 1 })).id, quantity: 1 },
  ],
});

test('somebody signs in, a quest moves on, its reward is paid, and every open screen learns of it', async () => {
  const person = await seed.user();
  const live = openLive(person.client);
  const completions = await live.events(QuestCompletedDocument);
  const wallet = await live.events(WalletChangedDocument);
  const notifications = await live.events(NotificationReceivedDocument);

  await seed.signIn(person);

  const { questCompleted } = await completions.next();
  expect(questCompleted.completion).toMatchObject({
    ordinal: 1,
    status: 'CLAIMED',
    quest: { id: welcome.id },
    rewards: [
      { currency: 'GOLD', amount: 100 },
      { currency: 'DIAMOND', amount: 1 },
    ],
  });
  const lines = (await wallet.take(2)).map(({ walletChanged }) => walletChanged);
  expect(lines.map(({ entry }) => [entry.currency, entry.amount, entry.balanceAfter])).toEqual([
    ['GOLD', 100, 100],
    ['DIAMOND', 1, 1],
  ]);
  const told = (await notifications.take(2)).map(
    ({ notificationReceived }) => notificationReceived.notification,
  );
  expect(told.map(({ kind }) => kind)).toEqual(['QUEST_COMPLETED', 'REWARD_GRANTED']);

  const { viewer } = await person.client.run(ViewerWithWalletDocument);
  expect(viewer?.wallet).toMatchObject({ gold: 100, diamond: 1, entries: { totalCount: 2 } });
  expect(viewer?.wallet.entries.nodes.map(({ id }) => id)).toEqual(
    lines.map(({ entry }) => entry.id).reverse(),
  );

  await completions.expectNothingMore(completionMarker(seed, person));
  await notifications.take(1);
  await notifications.expectNothingMore(notificationMarker(seed, person));
  await wallet.take(1);
  await wallet.expectNothingMore(walletMarker(seed, person));
  expect(await sums(app)).toEqual([]);
});

test('50 first sign-ins at once give one welcome', async () => {
  const person = await seed.user();
  const live = openLive(person.client);
  const completions = await live.events(QuestCompletedDocument);
  const { username: login, password } = person;
  const signIns = Array.from({ length: 50 }, () =>
    client.mutate(SignInDocument, { input: { login, password } }),
  );
  expect(await Promise.all(signIns)).toHaveLength(50);

  expect((await completions.next()).questCompleted.completion.quest.id).toBe(welcome.id);
  await completions.expectNothingMore(completionMarker(seed, person));
  const { viewer } = await person.client.run(ViewerWithWalletDocument);
  expect(viewer?.wallet).toMatchObject({ gold: 100, diamond: 1 });
});

test('50 claims of one completion at once pay once', async () => {
  const reward = await seed.reward({ currency: 'GOLD', amount: 7 });
  const quest = await seed.quest({ rewards: [{ rewardId: reward.id, quantity: 1 }] });
  const person = await seed.user();
  const completions = await openLive(person.client).events(QuestCompletedDocument);
  await seed.event(person, quest.eventType);
  const { questCompleted } = await completions.next();
  const input = { completionId: questCompleted.completion.id };

  const claims = await Promise.all(
    Array.from({ length: 50 }, () => person.client.mutate(ClaimRewardDocument, { input })),
  );

  expect(claims.filter(({ alreadyClaimed }) => !alreadyClaimed)).toHaveLength(1);
  expect(new Set(claims.map(({ entries }) => JSON.stringify(entries))).size).toBe(1);
  expect(claims.map(({ completion }) => completion.status)).toEqual(Array(50).fill('CLAIMED'));
  const { viewer } = await person.client.run(ViewerWithWalletDocument);
  expect(viewer?.wallet).toMatchObject({ gold: 7, entries: { totalCount: 1 } });
  expect(await sums(app)).toEqual([]);
});

test('the same event id recorded 100 times at once counts once', async () => {
  const quest = await seed.quest({ goal: 2 });
  const person = await seed.user();
  const boss = await seed.boss();
  const event = {
    eventId: randomUUID(),
    eventType: quest.eventType,
    timestamp: new Date().toISOString(),
    userId: person.id,
  };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () =>
      boss.client.mutate(RecordEventsDocument, { input: { events: [event] } }),
    ),
  );
  const outcomes = answers.flatMap(({ results }) => results.map(({ outcome }) => outcome)).sort();
  expect(outcomes).toEqual(['ACCEPTED', ...Array(99).fill('DUPLICATE')]);
  await app.site.settled();
  const moved = await app.site.sql(
    'select count from quest_progress p join quest q on q.id = p.quest_id where q.name = $1',
    quest.name,
  );
  expect(moved).toEqual([{ count: 1 }]);
});

test('an event that cannot be applied becomes a dead letter, and all others go on', async () => {
  const poisoned = await startApp({ EVENT_RETRY_DELAY: '1ms' });
  const quest = await poisoned.seed.quest();
  const [victim, other] = await Promise.all([poisoned.seed.user(), poisoned.seed.user()]);
  const { client: admin } = await poisoned.seed.boss();
  await poison(poisoned, victim.username, quest.eventType);

  const completions = await openLive(other.client).events(QuestCompletedDocument);
  await poisoned.seed.event(victim, quest.eventType);
  await poisoned.seed.event(other, quest.eventType);

  expect((await completions.next()).questCompleted.completion.quest.id).toBe(quest.id);
  const letter = await eventually(() => firstDeadLetter(admin));
  expect(letter).toMatchObject({
    attempts: 8,
    event: { eventType: quest.eventType, user: { username: victim.username } },
  });
  // Later events are applied: the person is not held up forever.
  const next = await poisoned.seed.quest();
  const later = await openLive(victim.client).events(QuestCompletedDocument);
  await poisoned.seed.event(victim, next.eventType);
  expect((await later.next()).questCompleted.completion.quest.id).toBe(next.id);

  await poisoned.site.sql('drop trigger poison on quest_progress');
  const replay = { input: { id: letter.id } };
  const replays = await Promise.all([
    admin.mutate(ReplayDeadLetterDocument, replay),
    admin.mutate(ReplayDeadLetterDocument, replay),
  ]);
  expect(replays.map(({ deadLetter }) => deadLetter.id)).toEqual([letter.id, letter.id]);
  expect((await later.next()).questCompleted.completion).toMatchObject({
    quest: { id: quest.id },
    ordinal: 1,
  });
  await later.expectNothingMore(completionMarker(poisoned.seed, victim));
  expect((await deadLetters(admin)).nodes).toEqual([]);
});

async function firstDeadLetter(admin: Client) {
  const [letter] = (await deadLetters(admin)).nodes;
  if (letter === undefined) throw new Error('There is no dead letter yet.');
  return letter;
}

async function deadLetters(admin: Client) {
  return (await admin.run(DeadLettersDocument)).deadLetters;
}

/** From now on, no events of this type can be applied for one person. */
async function poison({ site }: App, username: string, eventType: string): Promise<void> {
  await site.sql(`create function poison() returns trigger language plpgsql as $$
    begin
      if exists (select from account a, quest q where a.id = new.account_id and q.id = new.quest_id
        and a.username = '${username}' and q.event_type = '${eventType}') then
        raise exception 'poisoned';
      end if;
      return new;
    end $$`);
  await site.sql(
    'create trigger poison before insert on quest_progress for each row execute function poison()',
  );
}

/** The currencies whose amounts do not sum to zero. */
function sums({ site }: App) {
  return site.sql('select currency from ledger_entry group by currency having sum(amount) <> 0');
}
