import { beforeAll, describe, expect, test } from 'vitest';
import {
  AddPostToCollectionDocument,
  CreatePostDocument,
  DeletePostDocument,
  LiveCursorDocument,
  PostChangedDocument,
  type PostChangedSubscription,
  type PostChangedSubscriptionVariables,
  QuestCompletedDocument,
  UpdatePostDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Live, openLive, type Stream } from '../kit/live.ts';
import { completionMarker } from '../kit/markers.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';

const { client: nobody, seed, site } = await startApp();

let author: Person;
let other: Person;
let admin: Person;
beforeAll(async () => {
  [author, other, admin] = await Promise.all([seed.user(), seed.user(), seed.admin()]);
});

type Event = PostChangedSubscription['postChanged'];

const next = async (stream: Stream<PostChangedSubscription>): Promise<Event> =>
  (await stream.next()).postChanged;
const take = async (stream: Stream<PostChangedSubscription>, count: number) =>
  (await stream.take(count)).map(({ postChanged }) => [postChanged.action, postChanged.postId]);
/** Shows that the next event is that of a new post by another person. */
async function expectNothingMore(...streams: readonly Stream<PostChangedSubscription>[]): Promise<void> {
  const { id } = await seed.post(author);
  for (const stream of streams) expect(await next(stream)).toMatchObject({ action: 'CREATED', postId: id });
}
const rename = (who: Person, id: string, expectedVersion: number, title = 'Renamed') =>
  who.client.mutate(UpdatePostDocument, { input: { id, expectedVersion, title } });
const remove = (who: Person, id: string) => who.client.mutate(DeletePostDocument, { input: { id } });
/** A cursor after all that has happened so far; events are numbered a moment after their commit. */
async function cursorNow(): Promise<string> {
  await site.settled();
  return (await nobody.run(LiveCursorDocument)).liveCursor;
}
/** Listens from the present if no cursor is given. */
async function listen(live: Live, variables: PostChangedSubscriptionVariables = {}) {
  return live.events(PostChangedDocument, { after: await cursorNow(), ...variables });
}

describe('postChanged', () => {
  test('tells anyone of every post that is written, changed and deleted, as it is then', async () => {
    const listeners = [nobody, author.client, other.client, admin.client];
    const streams = await Promise.all(listeners.map((who) => listen(openLive(who))));
    const post = await seed.post(author, { title: 'Fresh' });
    const { id } = post;
    const shown = { id, author: { id: author.id, username: author.username } };
    const event = { postId: id, cursor: expect.any(String) };
    for (const stream of streams) {
      const created = await next(stream);
      expect(created).toMatchObject({
        ...event,
        action: 'CREATED',
        post: { ...shown, title: 'Fresh', version: 1 },
      });
      expect(Math.abs(Date.parse(created.occurredAt) - Date.parse(post.createdAt))).toBeLessThan(1_000);
    }
    await rename(admin, id, 1);
    for (const stream of streams)
      expect(await next(stream)).toMatchObject({
        ...event,
        action: 'UPDATED',
        post: { ...shown, title: 'Renamed', version: 2 },
      });
    await remove(author, id);
    for (const stream of streams)
      expect(await next(stream)).toMatchObject({ ...event, action: 'DELETED', post: null });
    await expectNothingMore(...streams);
  });

  test('tells nothing of what was refused', async () => {
    const { id } = await seed.post(author);
    const stream = await listen(openLive(nobody));
    await author.client.refused(UpdatePostDocument, { input: { id, expectedVersion: 7, title: 'x' } });
    await author.client.refused(UpdatePostDocument, { input: { id, expectedVersion: 1, title: '' } });
    await other.client.fails(UpdatePostDocument, { input: { id, expectedVersion: 1, title: 'x' } });
    await other.client.fails(DeletePostDocument, { input: { id } });
    const hidden = await seed.collection(other, { visibility: 'PRIVATE' });
    const input = { title: 'x', body: 'x', collectionIds: [hidden.id] };
    await author.client.refused(CreatePostDocument, { input });
    await expectNothingMore(stream);
  });

  test('is held by actions and by author', async () => {
    const live = openLive(nobody);
    const authorId = author.id;
    const asked = {
      all: {},
      nulls: { actions: null, authorId: null },
      created: { actions: ['CREATED'] },
      ended: { actions: ['UPDATED', 'DELETED'] },
      mine: { authorId },
      mineDeleted: { authorId, actions: ['DELETED'] },
    } as const;
    const open = (name: keyof typeof asked) => listen(live, asked[name]);
    const streams = {
      all: await open('all'),
      nulls: await open('nulls'),
      created: await open('created'),
      ended: await open('ended'),
      mine: await open('mine'),
      mineDeleted: await open('mineDeleted'),
    };
    const after = await cursorNow();
    const [mine, theirs] = [await seed.post(author), await seed.post(other)];
    for (const [who, { id }] of [
      [author, mine],
      [other, theirs],
    ] as const) {
      await rename(who, id, 1);
      await remove(who, id);
    }
    const last = await seed.post(author);
    await rename(author, last.id, 1);
    await remove(author, last.id);
    const events = [
      ['CREATED', mine.id],
      ['CREATED', theirs.id],
      ['UPDATED', mine.id],
      ['DELETED', mine.id],
      ['UPDATED', theirs.id],
      ['DELETED', theirs.id],
      ['CREATED', last.id],
      ['UPDATED', last.id],
      ['DELETED', last.id],
    ] as const;
    const ofMine = events.filter(([, id]) => id !== theirs.id);
    const expected = {
      all: events,
      nulls: events,
      created: events.filter(([action]) => action === 'CREATED'),
      ended: events.filter(([action]) => action !== 'CREATED'),
      mine: ofMine,
      mineDeleted: ofMine.filter(([action]) => action === 'DELETED'),
    };
    for (const name of ['all', 'nulls', 'created', 'ended', 'mine', 'mineDeleted'] as const) {
      expect([name, await take(streams[name], expected[name].length)]).toEqual([name, expected[name]]);
      // The same events arrive when resuming from the cursor.
      const replayed = await listen(live, { ...asked[name], after });
      expect([name, await take(replayed, expected[name].length)]).toEqual([name, expected[name]]);
    }
  });

  test('of an author tells what an admin did to their posts, and nothing of the admin’s', async () => {
    const { id } = await seed.post(author);
    const live = openLive(nobody);
    const ofAuthor = await listen(live, { authorId: author.id });
    const ofAdmin = await listen(live, { authorId: admin.id });
    await rename(admin, id, 1);
    await remove(admin, id);
    expect(await take(ofAuthor, 2)).toEqual([
      ['UPDATED', id],
      ['DELETED', id],
    ]);
    const own = await seed.post(admin);
    expect(await take(ofAdmin, 1)).toEqual([['CREATED', own.id]]);
  });

  test('of nobody, or of no action, is silent', async () => {
    const live = openLive(nobody);
    const all = await listen(live);
    const silent = [
      await listen(live, { authorId: 'user_01h455vb4pex5vsknk084sn02q' }),
      await listen(live, { authorId: author.accountId }),
      await listen(live, { actions: [] }),
    ];
    const { id } = await seed.post(author);
    expect(await next(all)).toMatchObject({ postId: id });
    for (const stream of silent) {
      stream.stop();
      await stream.ended();
    }
    const malformed = await listen(live, { authorId: 'author' });
    expect(await malformed.fails()).toEqual(['BAD_USER_INPUT']);
  });

  test('resumes after any cursor, each event once, in the order of the commits', async () => {
    const begin = await cursorNow();
    const live = openLive(nobody);
    const authorId = author.id;
    const whole = await listen(live, { authorId });
    const written: string[] = [];
    // Ten at once, so that the order of the commits is arbitrary.
    const writing = Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let n = 0; n < 6; n++) {
          written.push((await seed.post(author)).id);
          await seed.post(other);
        }
      }),
    );
    const events = (await whole.take(60)).map(({ postChanged }) => postChanged);
    await writing;
    expect(new Set(events.map(({ postId }) => postId))).toEqual(new Set(written));
    const resumed: Stream<PostChangedSubscription>[] = [];
    for (const at of [-1, 0, 17, 58, 59]) {
      const after = at < 0 ? begin : present(events[at]).cursor;
      const stream = await listen(live, { authorId, after });
      resumed.push(stream);
      const rest = events.slice(at + 1).map(({ action, postId }) => [action, postId]);
      expect(await take(stream, rest.length)).toEqual(rest);
    }
    await expectNothingMore(whole, ...resumed);
    const ends = await listen(live, { after: 'A'.repeat(24) });
    expect(await ends.fails()).toEqual(['BAD_USER_INPUT']);
  });

  test('reaches a socket of another process', async () => {
    const second = await startApp({}, site);
    const stream = await listen(openLive(second.client));
    const { id } = await seed.post(author);
    expect(await next(stream)).toMatchObject({ action: 'CREATED', postId: id, post: { id } });
  });
});

describe('quests', () => {
  test('move on by posts and collections, live', async () => {
    const writer = await seed.user();
    const [written, collected, kept] = [
      await seed.quest({ eventType: 'post.created' }),
      await seed.quest({ eventType: 'collection.created', goal: 2, maxCompletions: 1 }),
      await seed.quest({ eventType: 'collection.post_added', goal: 3 }),
    ];
    const stream = await openLive(writer.client).events(QuestCompletedDocument);
    const completed = async () => (await stream.next()).questCompleted.completion.quest.id;
    const post = await seed.post(writer);
    expect(await completed()).toBe(written.id);
    const first = await seed.collection(writer);
    const second = await seed.collection(writer);
    expect(await completed()).toBe(collected.id);
    await seed.collect(writer, first, post, post);
    await seed.collect(writer, second, post);
    // Adding a post that is already there is no event, and adding two at once is one.
    await stream.expectNothingMore(completionMarker(seed, writer));
    await seed.post(writer, { collectionIds: [first.id] });
    expect(await completed()).toBe(kept.id);
  });

  test('count for whoever did it', async () => {
    const owner = await seed.user();
    const boss = await seed.admin();
    const quest = await seed.quest({ eventType: 'collection.post_added' });
    const [post, collection] = [await seed.post(owner), await seed.collection(owner)];
    await site.settled();
    const [ofOwner, ofBoss] = [
      await openLive(owner.client).events(QuestCompletedDocument),
      await openLive(boss.client).events(QuestCompletedDocument),
    ];
    const input = { collectionId: collection.id, postId: post.id };
    await boss.client.mutate(AddPostToCollectionDocument, { input });
    expect((await ofBoss.next()).questCompleted.completion.quest.id).toBe(quest.id);
    await ofOwner.expectNothingMore(completionMarker(seed, owner));
  });
});
