import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  AddPostToCollectionDocument,
  CollectionChangedDocument,
  type CollectionChangedSubscription,
  DeleteCollectionDocument,
  DeletePostDocument,
  LiveCursorDocument,
  RemovePostFromCollectionDocument,
  UpdateCollectionDocument,
  type Visibility,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { openLive, type Stream, StreamFailed } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { present } from '../kit/unique.ts';
import { noCollection, noPost } from './content.ts';

const { client: nobody, seed, site } = await startApp();

let owner: Person;
let other: Person;
let admin: Person;
let outsiders: Client[];
let insiders: Client[];
beforeAll(async () => {
  [owner, other, admin] = await Promise.all([seed.user(), seed.user(), seed.admin()]);
  outsiders = [nobody, other.client, (await seed.service()).client];
  insiders = [owner.client, admin.client];
});

type Events = Stream<CollectionChangedSubscription>;
type Event = CollectionChangedSubscription['collectionChanged'];
interface Target {
  readonly id: string;
}

/** A cursor after all that has happened so far; events are numbered a moment after their commit. */
async function cursorNow(): Promise<string> {
  await site.settled();
  return (await nobody.run(LiveCursorDocument)).liveCursor;
}
/** Without `after`, it listens from the present cursor; with null, without a cursor. */
async function listen(who: Client, { id: collectionId }: Target, after?: string | null): Promise<Events> {
  const from = after === undefined ? await cursorNow() : after;
  return openLive(who).events(CollectionChangedDocument, { collectionId, after: from });
}
const next = async (stream: Events): Promise<Event> => (await stream.next()).collectionChanged;
const expectNext = async (streams: readonly Events[], event: object) => {
  for (const stream of streams) expect(await next(stream)).toMatchObject(event);
};
/** Looks up the version, since adding and removing posts does not change it. */
async function update({ id }: Target, changes: { visibility?: Visibility; name?: string }) {
  const [row] = await site.sql<{ version: number }>(
    'select version from collection where id = $1',
    uuidOf(id),
  );
  const input = { id, expectedVersion: present(row).version, ...changes };
  return (await owner.client.mutate(UpdateCollectionDocument, { input })).collection;
}
const add = ({ id: collectionId }: Target, { id: postId }: Target) =>
  owner.client.mutate(AddPostToCollectionDocument, { input: { collectionId, postId } });
const take = ({ id: collectionId }: Target, { id: postId }: Target) =>
  owner.client.mutate(RemovePostFromCollectionDocument, { input: { collectionId, postId } });
const remove = ({ id }: Target) => owner.client.mutate(DeleteCollectionDocument, { input: { id } });

/** The text of the answer to a subscription that is refused. */
async function refusal(who: Client, collectionId: string, after?: string | null): Promise<unknown> {
  try {
    await (await listen(who, { id: collectionId }, after)).next();
  } catch (error) {
    if (error instanceof StreamFailed) return error.errors;
    throw error;
  }
  throw new Error('The subscription was not refused.');
}

describe('a public collection', () => {
  test('tells everyone who listens of all that happens to it', async () => {
    const collection = await seed.collection(owner, { name: 'Before' });
    const { id: collectionId } = collection;
    const streams = await Promise.all([...insiders, ...outsiders].map((who) => listen(who, collection)));
    const event = { collectionId, cursor: expect.any(String), occurredAt: expect.any(String) };

    const { version } = await update(collection, { name: 'After' });
    const shown = { id: collectionId, name: 'After', visibility: 'PUBLIC', version };
    const renamed = { ...event, action: 'UPDATED', collection: shown, postId: null, post: null };
    await expectNext(streams, renamed);

    const post = await seed.post(other, { title: 'Kept' });
    const about = { collection: shown, postId: post.id, post: { id: post.id, title: 'Kept' } };
    await add(collection, post);
    await expectNext(streams, { ...event, action: 'POST_ADDED', ...about });
    await take(collection, post);
    await expectNext(streams, { ...event, action: 'POST_REMOVED', ...about });

    const created = await seed.post(owner, { collectionIds: [collectionId] });
    await expectNext(streams, { ...event, action: 'POST_ADDED', postId: created.id });
    await owner.client.mutate(DeletePostDocument, { input: { id: created.id } });
    await expectNext(streams, { ...event, action: 'POST_REMOVED', postId: created.id, post: null });

    await remove(collection);
    await expectNext(streams, { ...event, action: 'DELETED', collection: null, postId: null, post: null });
  });

  test('tells nothing of what was refused, or changed nothing, or happened elsewhere', async () => {
    const [collection, elsewhere] = [await seed.collection(owner), await seed.collection(owner)];
    const [inside, outside] = [await seed.post(owner), await seed.post(owner)];
    await add(collection, inside);
    const stream = await listen(nobody, collection);
    await add(collection, inside);
    await take(collection, outside);
    await add(elsewhere, outside);
    await update(elsewhere, { name: 'x' });
    const { id } = collection;
    await owner.client.refused(UpdateCollectionDocument, { input: { id, expectedVersion: 9, name: 'x' } });
    await other.client.fails(UpdateCollectionDocument, { input: { id, expectedVersion: 1, name: 'x' } });
    await other.client.fails(DeleteCollectionDocument, { input: { id } });
    await take(collection, inside);
    expect(await next(stream)).toMatchObject({ action: 'POST_REMOVED', postId: inside.id });
  });
});

describe('a collection that becomes private', () => {
  test('says so once to others, and no more until it is public again', async () => {
    const collection = await seed.collection(owner);
    const { id: collectionId } = collection;
    const [first, second] = [await seed.post(owner), await seed.post(other)];
    await add(collection, first);
    const inside = await Promise.all(insiders.map((who) => listen(who, collection)));
    const outside = await Promise.all(outsiders.map((who) => listen(who, collection)));

    await update(collection, { visibility: 'PRIVATE', name: 'Now secret' });
    await expectNext(inside, {
      action: 'UPDATED',
      collectionId,
      collection: { id: collectionId, visibility: 'PRIVATE', name: 'Now secret' },
    });
    for (const stream of outside)
      expect(await next(stream)).toEqual({
        cursor: expect.any(String),
        occurredAt: expect.any(String),
        action: 'HIDDEN',
        collectionId,
        collection: null,
        postId: null,
        post: null,
      });

    await add(collection, second);
    await take(collection, first);
    await update(collection, { name: 'Still secret' });
    await update(collection, { visibility: 'PRIVATE' });
    const third = await seed.post(owner, { collectionIds: [collectionId] });
    await owner.client.mutate(DeletePostDocument, { input: { id: third.id } });
    for (const [action, postId] of [
      ['POST_ADDED', second.id],
      ['POST_REMOVED', first.id],
      ['UPDATED', null],
      ['UPDATED', null],
      ['POST_ADDED', third.id],
      ['POST_REMOVED', third.id],
    ])
      await expectNext(inside, { action, postId, collection: { id: collectionId } });

    await update(collection, { visibility: 'PUBLIC' });
    await expectNext([...inside, ...outside], {
      action: 'UPDATED',
      collection: { id: collectionId, name: 'Still secret', visibility: 'PUBLIC' },
    });
    await take(collection, second);
    await expectNext([...inside, ...outside], { action: 'POST_REMOVED', postId: second.id });
    await update(collection, { visibility: 'PRIVATE' });
    await expectNext(inside, { action: 'UPDATED' });
    await expectNext(outside, { action: 'HIDDEN', collection: null });
  });

  test('is deleted for those alone who see it then', async () => {
    const collection = await seed.collection(owner);
    const inside = await Promise.all(insiders.map((who) => listen(who, collection)));
    const outside = await Promise.all(outsiders.map((who) => listen(who, collection)));
    await update(collection, { visibility: 'PRIVATE' });
    await remove(collection);
    await expectNext(inside, { action: 'UPDATED' });
    await expectNext(inside, { action: 'DELETED', collectionId: collection.id, collection: null });
    await expectNext(outside, { action: 'HIDDEN' });
    await site.settled();
    // Anything after the deletion would have been sent before this marker arrives.
    const marker = await seed.collection(owner);
    const marked = await listen(nobody, marker);
    await update(marker, { name: 'x' });
    await next(marked);
    for (const stream of outside) {
      stream.stop();
      await stream.ended();
    }
  });

  test('never tells others in between, however fast it changes', async () => {
    const collection = await seed.collection(owner);
    const after = await cursorNow();
    const stream = await listen(nobody, collection, after);
    const rounds = 25;
    const toggling = (async () => {
      for (let round = 0; round < rounds; round++) {
        await update(collection, { visibility: 'PRIVATE' });
        await update(collection, { visibility: 'PUBLIC' });
      }
    })();
    const adding = Promise.all(
      Array.from({ length: 3 }, async () => {
        for (let n = 0; n < rounds; n++) {
          const post = await seed.post(other);
          await add(collection, post);
          if (n % 2) await take(collection, post);
          else await other.client.mutate(DeletePostDocument, { input: { id: post.id } });
        }
      }),
    );
    await Promise.all([toggling, adding]);
    await remove(collection);
    const live: string[] = [];
    while (live.at(-1) !== 'DELETED') live.push((await next(stream)).action);
    const told = live.join(' ');
    expect(told.match(/HIDDEN UPDATED/g)).toHaveLength(rounds);
    expect(told.replaceAll('HIDDEN UPDATED', '')).not.toMatch(/HIDDEN|UPDATED/);
    const replay = await listen(nobody, collection, after);
    expect((await replay.take(live.length)).map(({ collectionChanged }) => collectionChanged.action)).toEqual(
      live,
    );
  });
});

describe('whoever was away', () => {
  test('hears what happened meanwhile, and of the hiding last', async () => {
    const collection = await seed.collection(owner);
    const [before, hidden] = [await seed.post(owner), await seed.post(owner)];
    const after = await cursorNow();
    await add(collection, before);
    await update(collection, { visibility: 'PRIVATE' });
    const cursorOfHiding = await cursorNow();
    await add(collection, hidden);
    for (const who of outsiders) {
      const stream = await listen(who, collection, after);
      expect(await next(stream)).toMatchObject({
        action: 'POST_ADDED',
        postId: before.id,
        post: { id: before.id },
        // The collection in its present state.
        collection: null,
      });
      const hiding = await next(stream);
      expect(hiding).toMatchObject({ action: 'HIDDEN', collection: null, postId: null });
      const none = await refusal(nobody, noCollection, hiding.cursor);
      for (const cursor of [hiding.cursor, cursorOfHiding])
        expect(await refusal(who, collection.id, cursor)).toEqual(none);
    }
    for (const who of insiders) {
      const stream = await listen(who, collection, after);
      await expectNext([stream], { action: 'POST_ADDED', collection: { visibility: 'PRIVATE' } });
      await expectNext([stream], { action: 'UPDATED', collection: { visibility: 'PRIVATE' } });
      await expectNext([stream], { action: 'POST_ADDED', postId: hidden.id });
    }
  });

  test('hears of a deletion, if they could see it', async () => {
    const [open, secret] = [
      await seed.collection(owner),
      await seed.collection(owner, { visibility: 'PRIVATE' }),
    ];
    const after = await cursorNow();
    await remove(open);
    await remove(secret);
    for (const who of [...insiders, ...outsiders])
      await expectNext([await listen(who, open, after)], { action: 'DELETED', collection: null });
    for (const who of insiders)
      await expectNext([await listen(who, secret, after)], { action: 'DELETED', collection: null });
    const now = await cursorNow();
    const none = await refusal(nobody, noCollection, now);
    for (const who of outsiders) expect(await refusal(who, secret.id, after)).toEqual(none);
    for (const who of [...insiders, ...outsiders]) {
      expect(await refusal(who, open.id, now)).toEqual(none);
      expect(await refusal(who, open.id, null)).toEqual(none);
      expect(await refusal(who, secret.id, now)).toEqual(none);
    }
  });

  test('hears of what has no place in the stream yet', async () => {
    const collection = await seed.collection(owner);
    const after = await cursorNow();
    await remove(collection);
    // Simulates that the relay has not reached it yet: its number is removed again.
    await site.settled();
    const place = await site.sql<{ seq: number }>(
      `update live_event set seq = null where topic = 'collection_changed' and audience = $1 returning old.seq`,
      uuidOf(collection.id),
    );
    expect(place).toHaveLength(1);
    await expectNext([await listen(nobody, collection, after)], { action: 'DELETED' });
  });
});

describe('somebody else’s private collection', () => {
  test('is none to whoever wants to listen, with a cursor and without', async () => {
    const begin = await cursorNow();
    const secret = await seed.collection(owner, { visibility: 'PRIVATE' });
    await add(secret, await seed.post(owner));
    await update(secret, { name: 'Renamed' });
    for (const after of [undefined, null, begin]) {
      const none = await refusal(nobody, noCollection, after);
      expect(none).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
      for (const who of outsiders) expect(await refusal(who, secret.id, after)).toEqual(none);
      for (const who of [...insiders, ...outsiders]) expect(await refusal(who, noPost, after)).toEqual(none);
    }
    for (const who of insiders) {
      await expectNext([await listen(who, secret, begin)], { action: 'POST_ADDED' });
      const stream = await listen(who, secret);
      await update(secret, { name: 'Again' });
      await expectNext([stream], { action: 'UPDATED', collection: { name: 'Again' } });
    }
  });

  test('takes good ids and cursors', async () => {
    const { id } = await seed.collection(owner);
    for (const [collectionId, after] of [
      ['collection', null],
      [`${id}0`, null],
      [id, 'x'],
      [id, 'AAAAAAAAAAAAAAAA'],
    ] as const)
      expect(await refusal(nobody, collectionId, after)).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT' } },
      ]);
  });
});

function uuidOf(id: string): string {
  return parseId(id).uuid;
}
