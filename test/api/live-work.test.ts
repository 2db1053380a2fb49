import pg from 'pg';
import { expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import {
  CollectionChangedDocument,
  LiveCursorDocument,
  PostChangedDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { lockWaits } from '../kit/lock-waits.ts';
import { Socket } from '../kit/socket.ts';
import { statements } from '../kit/statements.ts';
import { whenDone } from '../kit/when-done.ts';

const app = await startApp({ DATABASE_POOL: '8' });
const { client: nobody, seed, site, url } = app;

const gauge = async (name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^questline_live_${name} (\\d+)$`, 'm').exec(text)?.[1]);
};

/** Subscribes `each` different operations per socket, all of which are about posts and select these fields. */
async function listen(sockets: readonly Socket[], each: number, fields: string): Promise<void> {
  const before = await gauge('operations');
  for (const [index, socket] of sockets.entries()) {
    for (let operation = 0; operation < each; operation++) {
      const query = `subscription { postChanged { op${index * each + operation}: action ${fields} } }`;
      socket.send({ id: `${operation}`, type: 'subscribe', payload: { query } });
    }
  }
  const wanted = before + sockets.length * each;
  await eventually(async () => expect(await gauge('operations')).toBe(wanted));
}

const hear = (sockets: readonly Socket[], each: number) =>
  Promise.all(
    sockets.map(async (socket) => {
      for (let heard = 0; heard < each; heard++) await socket.receive('next');
    }),
  );

test('one post costs 300 different operations as many statements as a few', async () => {
  const author = await seed.user();
  await site.settled();
  const sockets = await Promise.all([1, 2, 3].map(() => Socket.acknowledged(nobody, {})));
  await listen(sockets, 100, 'post { title author { displayName } }');
  const sent = await statements(app, async () => {
    await seed.post(author);
    await hear(sockets, 100);
    await site.settled();
  });
  // The mutation's own answer is counted once.
  const { 'post.byId': posts = 0, 'user.byId': users = 0 } = sent;
  expect(posts + users).toBeGreaterThan(0);
  expect(posts + users).toBeLessThan(12);
  for (const socket of sockets) socket.drop();
  await eventually(async () => expect(await gauge('operations')).toBe(0));
});

test('rendering has a quarter of the connections, however long it takes and however much there is of it', async () => {
  const people = await Promise.all(Array.from({ length: 5 }, () => seed.user()));
  await site.settled();
  const tokens = people.map(({ accessToken }) => ({ authorization: `Bearer ${accessToken}` }));
  const sockets = await Promise.all(tokens.map((token) => Socket.acknowledged(nobody, token)));
  // What each viewer may see of a post's collections differs, so it is read for each of them.
  await listen(sockets, 20, 'post { collections(first: 5) { nodes { id } } }');
  const locker = new pg.Client({ connectionString: site.variables.DATABASE_URL ?? '' });
  await locker.connect();
  whenDone(() => locker.end());
  const { liveCursor: after } = await nobody.run(LiveCursorDocument);
  const replay = openLive(nobody).events(PostChangedDocument, { after });
  // From here on, reads of which posts a collection has wait until the lock is released.
  await seed.post(await seed.user());
  await hear(sockets, 20);
  await locker.query('begin');
  await locker.query('lock table collection_post in access exclusive mode');
  await site.sql(
    `insert into live_event (topic, audience, payload)
     select topic, audience, payload from live_event where topic = 'post_changed' order by seq desc limit 1`,
  );
  await site.sql(`select pg_notify('questline_live', '')`);
  await eventually(async () => expect(await lockWaits(site)).toBe(2));
  // Many more want to read, and other requests are still answered.
  for (let query = 0; query < 20; query++) {
    await Promise.all(Array.from({ length: 6 }, () => nobody.run(LiveCursorDocument)));
    expect(await lockWaits(site)).toBe(2);
  }
  await locker.query('commit');
  await hear(sockets, 20);
  await (await replay).take(2);
});

test('the history of a private collection is confirmed to its owner batch by batch, and not event by event', async () => {
  const owner = await seed.user();
  const { id } = await seed.collection(owner, { visibility: 'PRIVATE' });
  await site.settled();
  const { liveCursor: after } = await nobody.run(LiveCursorDocument);
  const { uuid } = parseId(id);
  const payload = { action: 'UPDATED', ownerId: parseId(owner.id).uuid, visibility: 'PRIVATE' };
  await site.sql(
    `insert into live_event (topic, audience, payload)
     select 'collection_changed', $1, $2 from generate_series(1, 300)`,
    uuid,
    { ...payload, previousVisibility: 'PRIVATE' },
  );
  await site.settled();
  const sent = await statements(app, async () => {
    const stream = await openLive(owner.client).events(CollectionChangedDocument, {
      collectionId: id,
      after,
    });
    await stream.take(300);
  });
  expect(sent['account.stands']).toBe(3);
});
