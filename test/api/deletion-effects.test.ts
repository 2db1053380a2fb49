import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  CollectionChangedDocument,
  DeleteAccountDocument,
  DeleteUserDocument,
  LiveCursorDocument,
  PostChangedDocument,
  RecordEventsDocument,
  SignUpDocument,
  type SignUpInput,
  UpdateProfileDocument,
  UserDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { newcomer, type Person } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { unique } from '../kit/unique.ts';
import { everything } from './everything.ts';
import { expectSoundLedger } from './ledger.ts';
import { lead } from './lives.ts';

const app = await startApp();
const { client, seed, site } = app;

let admin: Person;
beforeAll(async () => {
  [admin] = await Promise.all([seed.admin(), seed.boss()]);
});

const deleteOwn = ({ client: own, password }: Person) =>
  own.mutate(DeleteAccountDocument, { input: { password } });
const signUpErrors = (given: Partial<SignUpInput>) =>
  client.refused(SignUpDocument, { input: newcomer(given) });
const daysLater = (days: number, username: string) =>
  site.sql(
    `update retired_username set free_at = free_at - $1 * interval '1 day' where username = lower($2)`,
    days,
    username,
  );

describe('the names of a deleted account', () => {
  test('the username is taken until 30 days have passed, in any case and by any way', async () => {
    const [person, other] = await Promise.all([seed.user({ username: unique('Gone') }), seed.user()]);
    const { username } = person;
    const taken = [['TAKEN', 'input.username']];
    const attempts = async () => [
      await signUpErrors({ username }),
      await signUpErrors({ username: username.toUpperCase() }),
      await other.client.refused(UpdateProfileDocument, { input: { username: username.toLowerCase() } }),
    ];
    await deleteOwn(person);
    const before = await everything(site);
    expect(await attempts()).toEqual([taken, taken, taken]);
    await daysLater(29.999, username);
    expect(await attempts()).toEqual([taken, taken, taken]);
    await daysLater(-29.999, username);
    expect(await everything(site)).toBe(before);
    await daysLater(30, username);
    const next = await seed.user({ username });
    expect((await client.run(UserDocument, { username })).user?.id).toBe(next.id);
    expect(next.id).not.toBe(person.id);
    // The username is reserved for as long again, even though it had been taken over.
    await daysLater(-1, username);
    await deleteOwn(next);
    await daysLater(29.999, username);
    expect(await attempts()).toEqual([taken, taken, taken]);
  });

  test('the email is free at once', async () => {
    const person = await seed.user();
    expect(await signUpErrors({ email: person.email })).toEqual([['TAKEN', 'input.email']]);
    await deleteOwn(person);
    expect(await signUpErrors({ email: person.email.toUpperCase() })).toEqual([]);
  });

  test('a username is forgotten once it is free', async () => {
    const person = await seed.user();
    await deleteOwn(person);
    await daysLater(30, person.username);
    await deleteOwn(await seed.user());
    expect(await site.contents('retired_username')).not.toContain(person.username);
  });

  test('of 50 who want the username while it is given up, nobody gets it', async () => {
    const person = await seed.user();
    const { username } = person;
    const [results] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, () => signUpErrors({ username }))),
      deleteOwn(person),
    ]);
    expect(results).toEqual(Array.from({ length: 50 }, () => [['TAKEN', 'input.username']]));
    expect(await client.run(UserDocument, { username })).toEqual({ user: null });
  });
});

describe('the live events of a deletion', () => {
  test('tell of each post and each collection, to those who could see it', async () => {
    const { person, friend, posts, open, hidden, friends } = await lead(app);
    const { liveCursor: after } = await client.run(LiveCursorDocument);
    const anyone = openLive(client);
    const ofPosts = await anyone.events(PostChangedDocument, { authorId: person.id, after });
    const ofOpen = await anyone.events(CollectionChangedDocument, { collectionId: open.id, after });
    const ofFriends = await openLive(friend.client).events(CollectionChangedDocument, {
      collectionId: friends.id,
      after,
    });
    const ofHidden = await openLive(admin.client).events(CollectionChangedDocument, {
      collectionId: hidden.id,
      after,
    });
    await admin.client.mutate(DeleteUserDocument, { input: { userId: person.id } });

    const postIds = posts.map(({ id }) => id).sort();
    expect((await ofPosts.take(2)).map(({ postChanged }) => postChanged)).toEqual(
      postIds.map((postId) => expect.objectContaining({ action: 'DELETED', postId, post: null })),
    );
    for (const [stream, { id }] of [
      [ofOpen, open],
      [ofHidden, hidden],
    ] as const)
      expect((await stream.next()).collectionChanged).toMatchObject({
        action: 'DELETED',
        collectionId: id,
        collection: null,
        postId: null,
      });
    expect((await ofFriends.take(2)).map(({ collectionChanged }) => collectionChanged)).toEqual(
      postIds.map((postId) =>
        expect.objectContaining({
          action: 'POST_REMOVED',
          collectionId: friends.id,
          collection: expect.objectContaining({ id: friends.id }),
          postId,
          post: null,
        }),
      ),
    );
    const stranger = openLive((await seed.user()).client);
    const silent = await stranger.events(CollectionChangedDocument, { collectionId: hidden.id, after });
    expect(await silent.fails()).toEqual(['BAD_USER_INPUT']);
  });
});

describe('events that wait while their person is deleted', () => {
  const eventsOf = (eventType: string, count: number, userId: string | null = null) =>
    Array.from({ length: count }, () => ({
      eventId: crypto.randomUUID(),
      eventType,
      timestamp: new Date().toISOString(),
      userId,
    }));
  const nothingLeft = async ({ id }: Person) => {
    for (const table of ['recorded_event', 'quest_progress', 'quest_progress_event', 'notification'])
      expect([table, await site.sql(`select from ${table} where account_id = $1`, parseId(id).uuid)]).toEqual(
        [table, []],
      );
    expect(await site.sql('select from dead_letter')).toEqual([]);
  };

  test('1,000 of them are gone when the worker comes, and hold up nobody', async () => {
    const elsewhere = await createSite();
    const api = await startApp({ ROLE: 'api' }, elsewhere);
    const [person, other] = [await api.seed.user(), await api.seed.user()];
    const reward = await api.seed.reward();
    const input = { autoClaim: true, maxCompletions: null, rewards: [{ rewardId: reward.id }] };
    const { eventType } = await api.seed.quest(input);
    const boss = await api.seed.boss();
    const record = (count: number, { id }: Person) =>
      boss.client.mutate(RecordEventsDocument, { input: { events: eventsOf(eventType, count, id) } });
    await record(1_000, person);
    await record(3, other);
    await person.client.mutate(DeleteAccountDocument, { input: { password: person.password } });
    const waiting = await elsewhere.sql<{ left: number }>(
      'select count(*)::int as left from recorded_event where account_id = $1',
      parseId(person.id).uuid,
    );
    expect(waiting).toEqual([{ left: 0 }]);
    await startApp({ ROLE: 'worker' }, elsewhere);
    await elsewhere.settled();
    expect(
      await elsewhere.sql('select account_id from quest_completion group by 1 having count(*) = 3'),
    ).toEqual([{ account_id: parseId(other.id).uuid }]);
    expect(await elsewhere.sql('select distinct account_id from quest_completion')).toHaveLength(1);
    expect(await elsewhere.sql('select from dead_letter')).toEqual([]);
    await expectSoundLedger(elsewhere);
  });

  test('1,000 of them are applied or gone while the worker is at work; what was paid is kept', async () => {
    const person = await seed.user();
    const { uuid } = parseId(person.id);
    const reward = await seed.reward();
    const rewards = [{ rewardId: reward.id }];
    const quests = await Promise.all(
      [true, false].map((autoClaim) =>
        seed.quest({ autoClaim, maxCompletions: null, rewards, eventType: unique('test.') }),
      ),
    );
    const events = quests.flatMap(({ eventType }) => eventsOf(eventType, 500, person.id));
    await admin.client.mutate(RecordEventsDocument, { input: { events } });
    const completions = async () =>
      (await site.sql('select from quest_completion where account_id = $1', uuid)).length;
    await eventually(async () => (await completions()) >= 100);
    await deleteOwn(person);
    const done = await completions();
    await site.settled();
    await nothingLeft(person);
    expect(await completions()).toBe(done);
    expect(done).toBeLessThan(1_000);
    await expectSoundLedger(site);
    const balance = await site.sql<{ gold: number }>('select gold::int from wallet where id = $1', uuid);
    const claimed = await site.sql(
      'select from quest_completion where account_id = $1 and claimed_at is not null',
      uuid,
    );
    expect(balance).toEqual([{ gold: claimed.length * 10 }]);
  });

  test('a dead letter of theirs goes with them', async () => {
    const person = await seed.user();
    await seed.event(person, unique('test.'));
    await site.settled();
    await site.sql(
      `insert into dead_letter (recorded_event_id, error, attempts, replayed_at)
       select id, 'broken', 8, at from recorded_event, (values (null::timestamptz), (now())) as given (at)
       where account_id = $1`,
      parseId(person.id).uuid,
    );
    await deleteOwn(person);
    await nothingLeft(person);
  });
});
