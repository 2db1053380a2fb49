import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { tokenOf } from '../kit/knock.ts';
import { lockWaits } from '../kit/lock-waits.ts';
import { Socket } from '../kit/socket.ts';
import { withClient } from '../setup/postgres.ts';

const { client, seed, site } = await startApp({ LIMIT_OPERATIONS: '5', LIMIT_SUBSCRIPTIONS: '8' });

const ask = (id: string, query: string) => ({ id, type: 'subscribe', payload: { query } });
const products = '{ products(first: 1) { totalCount } }';
const hello = '{ hello { message } }';
/** `count` ids; only their number matters. */
const ids = (count: number) => Array.from({ length: count }, (_, id) => `${id}`);

/** Runs `work` while nobody can read a table; returns its result once the table is readable again. */
async function withheld<T>(table: string, work: (release: () => Promise<unknown>) => Promise<T>): Promise<T> {
  return withClient(site.variables.DATABASE_URL ?? '', async (holder) => {
    await holder.query('begin');
    await holder.query(`lock table ${table} in access exclusive mode`);
    return work(() => holder.query('commit'));
  });
}

/** Waits until `count` statements wait for the table. */
const waiting = (count: number) =>
  eventually(async () => {
    expect(await lockWaits(site)).toBe(count);
  });

/** The ids of `count` operations that are refused; checks all that they are told. */
async function refusedOf(socket: Socket, count: number, code = 'RATE_LIMITED'): Promise<unknown[]> {
  const refused: unknown[] = [];
  for (let at = 0; at < count; at++) {
    const { id, payload } = await socket.receive('error');
    expect(payload).toMatchObject([
      { extensions: code === 'RATE_LIMITED' ? { code, retryAfter: 1 } : { code } },
    ]);
    refused.push(id);
  }
  return refused;
}

async function answersOf(socket: Socket, count: number): Promise<unknown[]> {
  const answered: unknown[] = [];
  while (answered.length < count) {
    const { type, id, payload } = await socket.receive('next', 'complete');
    if (type === 'complete') answered.push(id);
    else expect(payload).not.toHaveProperty('errors');
  }
  return answered.sort();
}

describe('operations in flight on a socket', () => {
  test('are as many as they may be, of 50 at once; the others are refused, and nothing else is harmed', async () => {
    const socket = await Socket.acknowledged(client);
    const other = await Socket.acknowledged(client);
    await withheld('product', async (release) => {
      for (const id of ids(50)) socket.send(ask(id, products));
      expect(await refusedOf(socket, 45)).toEqual(ids(50).slice(5));
      // The document is not even parsed, and mutations are refused too.
      socket.send(ask('bad', '{ no document'));
      socket.send(ask('mutation', 'mutation { signOut { userErrors { code } } }'));
      expect(await refusedOf(socket, 2)).toEqual(['bad', 'mutation']);
      socket.send({ type: 'ping' });
      await socket.receive('pong');
      other.send(ask('other', hello));
      expect(await answersOf(other, 1)).toEqual(['other']);
      await release();
    });
    expect(await answersOf(socket, 5)).toEqual(ids(5));
    socket.send(ask('later', hello));
    expect(await answersOf(socket, 1)).toEqual(['later']);
  });

  test('count until they have ended, also those for which nobody waits, and whose id is used again', async () => {
    const socket = await Socket.acknowledged(client);
    await withheld('product', async (release) => {
      for (const id of ids(5)) socket.send(ask(id, products));
      await waiting(5);
      for (const id of ids(5)) socket.send({ id, type: 'complete' });
      for (const id of ids(5)) socket.send(ask(id, products));
      expect(await refusedOf(socket, 5)).toEqual(ids(5));
      await release();
    });
    await eventually(async () => {
      socket.send(ask('again', hello));
      const { type } = await socket.receive('next', 'error');
      if (type === 'next') await socket.receive('complete');
      return type === 'next';
    });
  });

  test('that have lost their id while they were prepared leave their place', async () => {
    const person = await seed.user();
    // Each operation checks that its session is live, which takes a moment.
    const socket = await Socket.acknowledged(client, tokenOf(person));
    for (const _ of ids(4)) {
      socket.send(ask('same', hello));
      socket.send({ id: 'same', type: 'complete' });
    }
    socket.send(ask('same', hello));
    expect(await answersOf(socket, 1)).toEqual(['same']);
    for (const id of ids(5)) socket.send(ask(id, hello));
    expect(await answersOf(socket, 5)).toEqual(ids(5));
  });

  test('are no subscriptions: all that a client may have can begin at once', async () => {
    const socket = await Socket.acknowledged(client);
    const owner = await seed.user();
    const { id: collectionId } = await seed.collection(owner);
    await withheld('collection', async (release) => {
      const query = `subscription { collectionChanged(collectionId: "${collectionId}") { cursor } }`;
      for (const id of ids(8)) socket.send(ask(id, query));
      await waiting(8);
      socket.send(ask('hello', hello));
      expect(await answersOf(socket, 1)).toEqual(['hello']);
      // Operations that were completed by the client are still being prepared.
      for (const id of ids(8)) socket.send({ id, type: 'complete' });
      for (const id of ids(8)) socket.send(ask(`more-${id}`, query));
      expect(await refusedOf(socket, 8, 'OPERATION_TOO_LARGE')).toEqual(ids(8).map((id) => `more-${id}`));
      await release();
    });
    await eventually(async () => {
      socket.send(ask('a', 'subscription { postChanged { postId } }'));
      socket.send({ type: 'ping' });
      return (await socket.receive('pong', 'error')).type === 'pong';
    });
  });
});

describe('fresh tokens of a socket', () => {
  test('are looked at in turn, and all are answered', async () => {
    const person = await seed.user();
    const socket = await Socket.acknowledged(client, tokenOf(person));
    for (const _ of ids(10)) socket.send({ type: 'ping', payload: tokenOf(person) });
    for (const _ of ids(10)) await socket.receive('pong');
  });
});

test('what comes after a socket was closed is not done any more', async () => {
  const author = await seed.user();
  const socket = await Socket.acknowledged(client, tokenOf(author));
  socket.pause();
  socket.send({ type: 'ping', payload: { authorization: 'Bearer nonsense' } });
  // Its client does not notice that it is closed, and goes on.
  await eventually(async () => {
    const { body } = await client.post({ query: hello });
    return body.data !== undefined;
  });
  const createPost = (title: string) =>
    `mutation { createPost(input: { title: "${title}", body: "x" }) { userErrors { code } } }`;
  for (const id of ids(5)) socket.send(ask(id, createPost('Late')));
  socket.resume();
  expect(await socket.closeCode()).toBe(4403);
  for (const _ of ids(3)) await author.client.post({ query: createPost('In time') });
  const titles = await site.sql('select title from post');
  expect(titles).toEqual(ids(3).map(() => ({ title: 'In time' })));
});
