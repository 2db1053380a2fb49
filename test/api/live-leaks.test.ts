import { randomUUID } from 'node:crypto';
import { assert, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { Feed } from '../../src/pubsub/feed.ts';
import { Hub } from '../../src/pubsub/hub.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { startOwnRedis } from '../kit/own-redis.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';
import { present } from '../kit/unique.ts';

const connects = 1_000;
const atOnce = 50;

test('1,000 sockets that came, subscribed and went leave nothing behind', async () => {
  const joined = vi.spyOn(Hub.prototype, 'join');
  const listened = vi.spyOn(Feed.prototype, 'subscribe');
  const redis = await startOwnRedis();
  const app = await startApp({ REDIS_URL: redis.url });
  const { client, seed, url } = app;
  const people = await Promise.all(Array.from({ length: 5 }, () => seed.user()));
  const author = present(people[0]);
  const { id: collectionId } = await seed.collection(author);
  const channels = async () => (await redis.command('pubsub', 'channels', '*')) as string[];
  const openSockets = async () =>
    /^questline_open_sockets (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1];

  for (let round = 0; round < connects / atOnce; round++) {
    const visits = Array.from({ length: atOnce }, (_, index) =>
      visit(url, { index, collectionId, person: present(people[index % people.length]) }),
    );
    // Some disconnect while they are being written to.
    await seed.collect(author, { id: collectionId }, await seed.post(author));
    await Promise.all(visits);
  }

  const [hub] = joined.mock.contexts;
  const [feed] = listened.mock.contexts;
  assert(hub instanceof Hub && feed instanceof Feed);
  // Some have disconnected before they had subscribed.
  expect(joined.mock.calls.length).toBeGreaterThan(connects / 2);
  await eventually(async () => {
    expect(await openSockets()).toBe('0');
    expect(hub.operations).toBe(0);
    expect(feed.listenerCount).toBe(0);
    expect(await channels()).toEqual([]);
  });
  // The server is as good as new: a new client is served, with one channel per topic.
  const socket = await Socket.acknowledged(client);
  socket.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { postChanged { postId } }' } });
  await eventually(async () => expect(await channels()).toEqual([expect.stringMatching(/post_changed$/)]));
  await eventually(() => expect([hub.operations, feed.listenerCount]).toEqual([1, 1]));
  const { id } = await seed.post(author);
  expect(await socket.receive('next')).toMatchObject({ payload: { data: { postChanged: { postId: id } } } });
}, 60_000);

interface Visit {
  readonly index: number;
  readonly collectionId: string;
  readonly person: Person;
}

/** Opens a socket and three subscriptions; then closes in order, or is cut off at any step. */
async function visit(url: string, { index, collectionId, person }: Visit): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const send = (message: object) => socket.send(JSON.stringify(message));
  const closed = Promise.withResolvers<void>();
  socket.on('error', () => undefined).on('close', () => closed.resolve());
  const ids = [randomUUID(), randomUUID(), randomUUID()];
  const queries = [
    'subscription { postChanged { cursor post { title } } }',
    'subscription { walletChanged { cursor } }',
    `subscription { collectionChanged(collectionId: "${collectionId}") { cursor } }`,
  ];
  socket.on('open', () => {
    send({ type: 'connection_init', payload: { authorization: `Bearer ${person.accessToken}` } });
  });
  socket.on('message', (data) => {
    const { type } = JSON.parse(String(data)) as { type: string };
    if (type === 'connection_ack') {
      for (const [place, query] of queries.entries())
        send({ id: ids[place], type: 'subscribe', payload: { query } });
      if (index % 4 === 0) socket.terminate();
      // The ping is answered after everything sent before it.
      else send({ type: 'ping' });
    } else if (type === 'pong' && index % 4 === 1) socket.terminate();
    else if (type === 'pong') {
      for (const id of ids) send({ id, type: 'complete' });
      socket.close(1000);
    }
  });
  await closed.promise;
}
