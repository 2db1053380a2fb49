import { beforeAll, describe, expect, test } from 'vitest';
import {
  DeletePostDocument,
  PostChangedDocument,
  PostChangedInCollectionsDocument,
  type PostChangedInCollectionsSubscription,
  UpdatePostDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import type { Client } from '../kit/client.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive, type Stream } from '../kit/live.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { statements } from '../kit/statements.ts';

const app = await startApp();
const { client: nobody, seed, site } = app;

let owner: Person;
let stranger: Person;
let admin: Person;
beforeAll(async () => {
  [owner, stranger, admin] = await Promise.all([seed.user(), seed.user(), seed.admin()]);
});

type Event = PostChangedInCollectionsSubscription['postChanged'];
type Listening = Stream<PostChangedInCollectionsSubscription>;

const listen = (client: Client, authorId?: string): Promise<Listening> =>
  openLive(client).events(PostChangedInCollectionsDocument, authorId === undefined ? {} : { authorId });
const next = async (stream: Listening): Promise<Event> => (await stream.next()).postChanged;
const seen = ({ post }: Event) => post?.collections.nodes.map(({ id }) => id);

describe('an answer that depends on who asks', () => {
  test('is each one’s own, however many ask for the same at once', async () => {
    await site.settled();
    const insiders = await Promise.all([owner, owner, admin, admin].map(({ client }) => listen(client)));
    const outsiders = await Promise.all(
      [stranger.client, nobody, stranger.client, nobody].map((client) => listen(client)),
    );
    const { id: open } = await seed.collection(owner);
    const { id: secret } = await seed.collection(owner, { visibility: 'PRIVATE' });
    const { id } = await seed.post(owner, { collectionIds: [open, secret] });
    for (const stream of outsiders) expect(seen(await next(stream))).toEqual([open]);
    for (const stream of insiders)
      expect(seen(await next(stream))?.toSorted()).toEqual([open, secret].toSorted());

    await owner.client.mutate(UpdatePostDocument, { input: { id, expectedVersion: 1, title: 'Again' } });
    for (const stream of outsiders) expect(seen(await next(stream))).toEqual([open]);
    for (const stream of insiders) expect(seen(await next(stream))).toHaveLength(2);
  });

  test('is each one’s own also where the events before were the same for all', async () => {
    const author = await seed.user();
    const { id: secret } = await seed.collection(author, { visibility: 'PRIVATE' });
    const doomed = await seed.post(author);
    await site.settled();
    const [outside, inside, watching] = await Promise.all(
      [nobody, author.client, admin.client].map((client) => listen(client, author.id)),
    );
    if (!outside || !inside || !watching) throw new Error('Three listen.');
    // Events of deleted posts cannot depend on the viewer.
    await author.client.mutate(DeletePostDocument, { input: { id: doomed.id } });
    for (const stream of [outside, inside, watching])
      expect(await next(stream)).toMatchObject({ action: 'DELETED', post: null });
    await seed.post(author, { collectionIds: [secret] });
    expect(seen(await next(outside))).toEqual([]);
    expect(seen(await next(inside))).toEqual([secret]);
    expect(seen(await next(watching))).toEqual([secret]);
  });
});

describe('subscribers of one operation', () => {
  const listeners = async (count: number) =>
    Promise.all(Array.from({ length: count }, () => openLive(nobody).events(PostChangedDocument)));
  const rename = async (id: string, expectedVersion: number) => {
    await owner.client.mutate(UpdatePostDocument, {
      input: { id, expectedVersion, title: `v${expectedVersion}` },
    });
  };

  test('are answered with as many statements as one', async () => {
    const { id } = await seed.post(owner);
    await site.settled();
    const [first] = await listeners(1);
    if (first === undefined) throw new Error('One listens.');
    // After this it has caught up, which takes a statement of its own.
    await rename(id, 1);
    await first.next();
    await site.settled();
    const one = await statements(app, async () => {
      await rename(id, 2);
      await first.next();
      await site.settled();
    });
    const many = await listeners(50);
    await rename(id, 3);
    await Promise.all([first, ...many].map((stream) => stream.next()));
    await site.settled();
    const fifty = await statements(app, async () => {
      await rename(id, 4);
      await Promise.all([first, ...many].map((stream) => stream.next()));
      await site.settled();
    });
    expect(fifty).toEqual(one);
  });

  test('keep their own ids, of whatever characters, on one socket and on many', async () => {
    await site.settled();
    const query = 'subscription { postChanged { action } }';
    const ids = ['1', '"quoted"', 'ünïcode ✓', '\\', ' ', 'x'.repeat(200)];
    const sockets = await Promise.all([1, 2].map(() => Socket.acknowledged(nobody, {})));
    for (const socket of sockets) {
      for (const id of ids) socket.send({ id, type: 'subscribe', payload: { query } });
    }
    const asked = { id: 'asked', type: 'subscribe', payload: { query: '{ liveCursor }' } };
    // A subscription without a cursor cannot tell when it has begun, so posts are written until all have heard one.
    const heard = sockets.map(() => new Set<string>());
    await eventually(async () => {
      await seed.post(owner);
      for (const [index, socket] of sockets.entries()) {
        socket.send(asked);
        for (;;) {
          const { id, type, payload } = await socket.receive('next', 'complete');
          if (type === 'complete') break;
          if (id === 'asked') continue;
          expect(payload).toEqual({ data: { postChanged: { action: 'CREATED' } } });
          heard[index]?.add(id ?? '');
        }
      }
      for (const own of heard) expect([...own].toSorted()).toEqual(ids.toSorted());
    });
  });

  test('are told apart by name, variables and text', async () => {
    await site.settled();
    const query = `subscription Short { postChanged { action } }
      subscription Long($authorId: ID, $with: Boolean = true) {
        postChanged(authorId: $authorId) { postId action @include(if: $with) }
      }`;
    const socket = await Socket.acknowledged(nobody, {});
    const wanted: Record<string, object> = {
      short: { operationName: 'Short' },
      long: { operationName: 'Long' },
      none: { operationName: 'Long', variables: { with: false } },
      others: { operationName: 'Long', variables: { authorId: stranger.id } },
    };
    for (const [id, payload] of Object.entries(wanted))
      socket.send({ id, type: 'subscribe', payload: { query, ...payload } });
    const got = new Map<string | undefined, unknown>();
    let written = '';
    await eventually(async () => {
      ({ id: written } = await seed.post(owner));
      await site.settled();
      socket.send({ id: 'asked', type: 'subscribe', payload: { query: '{ liveCursor }' } });
      for (;;) {
        const { id, type, payload } = await socket.receive('next', 'complete');
        if (type === 'complete') break;
        if (id !== 'asked') got.set(id, payload);
      }
      const changed = (postChanged: object) => ({ data: { postChanged } });
      expect(Object.fromEntries(got)).toEqual({
        short: changed({ action: 'CREATED' }),
        long: changed({ postId: written, action: 'CREATED' }),
        none: changed({ postId: written }),
      });
    });
    await seed.post(stranger);
    for (;;) {
      const { id, payload } = await socket.receive('next');
      if (id !== 'others') continue;
      expect(payload).toMatchObject({ data: { postChanged: { action: 'CREATED' } } });
      break;
    }
  });
});
