import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { everyone } from '../../src/pubsub/topics.ts';
import { LiveCursorDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { Socket } from '../kit/socket.ts';

const { client, site } = await startApp();

const posts = 'subscription ($after: LiveCursor) { postChanged(after: $after) { action cursor postId } }';
const actions = 'subscription ($after: LiveCursor) { postChanged(after: $after) { action } }';

async function cursorNow(): Promise<string> {
  await site.settled();
  return (await client.run(LiveCursorDocument)).liveCursor;
}

/** Publishes the deletion of a post, for which nothing has to be read. */
async function publish(): Promise<void> {
  await site.sql(
    `insert into live_event (topic, audience, payload) values ('post_changed', $1, $2)`,
    everyone,
    JSON.stringify({ action: 'DELETED', postId: randomUUID(), authorId: randomUUID() }),
  );
  await site.sql(`select pg_notify('questline_live', '')`);
}

/** The server answers the ping once it is done with everything sent before. */
async function expectNothingElse(socket: Socket): Promise<void> {
  socket.send({ type: 'ping', payload: { round: randomUUID() } });
  await socket.receive('pong');
}

const start = (socket: Socket, id: string, query: string, variables: object) =>
  socket.send({ id, type: 'subscribe', payload: { query, variables } });
const stop = (socket: Socket, id: string) => socket.send({ id, type: 'complete' });
const event = (id: string, postChanged: object) => ({
  id,
  type: 'next',
  payload: { data: { postChanged } },
});

describe('an id that is used again', () => {
  test('in the same breath as its subscription ends is the new one’s alone', async () => {
    for (let round = 0; round < 10; round++) {
      const socket = await Socket.acknowledged(client, {});
      const after = await cursorNow();
      start(socket, 'x', posts, { after });
      await publish();
      await socket.receive('next');
      const next = await cursorNow();
      stop(socket, 'x');
      start(socket, 'x', actions, { after: next });
      await publish();
      expect(await socket.receive('next')).toEqual(event('x', { action: 'DELETED' }));
      await publish();
      expect(await socket.receive('next')).toEqual(event('x', { action: 'DELETED' }));
      stop(socket, 'x');
      await expectNothingElse(socket);
    }
  });

  test('while its first subscription is still prepared is the last one’s', async () => {
    const socket = await Socket.acknowledged(client, {});
    const after = await cursorNow();
    for (let time = 0; time < 50; time++) {
      start(socket, 'x', posts, { after });
      stop(socket, 'x');
    }
    start(socket, 'x', actions, { after });
    await publish();
    expect(await socket.receive('next')).toEqual(event('x', { action: 'DELETED' }));
    await publish();
    expect(await socket.receive('next')).toEqual(event('x', { action: 'DELETED' }));
    stop(socket, 'x');
    await expectNothingElse(socket);
    await publish();
    await site.settled();
    await expectNothingElse(socket);
  });

  test('while a query is executed is answered with its own', async () => {
    const socket = await Socket.acknowledged(client, {});
    for (let time = 0; time < 20; time++) {
      socket.send({ id: 'x', type: 'subscribe', payload: { query: '{ first: liveCursor }' } });
      stop(socket, 'x');
      socket.send({ id: 'x', type: 'subscribe', payload: { query: '{ second: liveCursor }' } });
      expect((await socket.receive('next')).payload).toEqual({ data: { second: expect.any(String) } });
      expect(await socket.receive('complete')).toEqual({ id: 'x', type: 'complete' });
    }
  });
});

test('a subscription that is completed before it has begun, never begins', async () => {
  const socket = await Socket.acknowledged(client, {});
  const after = await cursorNow();
  start(socket, 'x', posts, { after });
  stop(socket, 'x');
  await publish();
  start(socket, 'y', actions, { after });
  expect(await socket.receive('next')).toEqual(event('y', { action: 'DELETED' }));
  await expectNothingElse(socket);
});

describe('subscriptions', () => {
  test('whose variable is left out, or null, or named as what every object has, are told apart', async () => {
    const query = `subscription ($constructor: Boolean = true, $after: LiveCursor) {
      postChanged(after: $after) { action postId @include(if: $constructor) }
    }`;
    const socket = await Socket.acknowledged(client, {});
    const after = await cursorNow();
    start(socket, 'given', query, { after, constructor: false });
    start(socket, 'left out', query, { after });
    start(socket, 'null', query, { after, constructor: null });
    await publish();
    const got = new Map<string | undefined, object>();
    while (got.size < 3) {
      const { id, payload } = await socket.receive('next');
      got.set(id, Object(payload));
    }
    expect(got.get('given')).toEqual({ data: { postChanged: { action: 'DELETED' } } });
    expect(got.get('left out')).toEqual({
      data: { postChanged: { action: 'DELETED', postId: expect.any(String) } },
    });
    expect(got.get('null')).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test('whose operations have names, or one, or none, are told apart', async () => {
    const named = `subscription A($after: LiveCursor) { postChanged(after: $after) { action } }
      subscription B($after: LiveCursor) { postChanged(after: $after) { postId } }`;
    const socket = await Socket.acknowledged(client, {});
    const after = await cursorNow();
    for (const operationName of ['A', 'B']) {
      const payload = { query: named, operationName, variables: { after } };
      socket.send({ id: operationName, type: 'subscribe', payload });
    }
    start(socket, 'none', actions, { after });
    await publish();
    const got = new Map<string | undefined, unknown>();
    while (got.size < 3) {
      const { id, payload } = await socket.receive('next');
      got.set(id, payload);
    }
    expect(got.get('A')).toEqual({ data: { postChanged: { action: 'DELETED' } } });
    expect(got.get('B')).toEqual({ data: { postChanged: { postId: expect.any(String) } } });
    expect(got.get('none')).toEqual(got.get('A'));
  });
});
