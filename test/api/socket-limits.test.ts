import { describe, expect, test } from 'vitest';
import { SignInDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { acknowledged, answersOf, from, knock as knockAt, tokenOf, tooMany } from '../kit/knock.ts';
import { Socket, type SocketOptions } from '../kit/socket.ts';

const app = await startApp({
  LIMIT_SUBSCRIPTIONS: '3',
  LIMIT_SOCKETS_USER: '3',
  LIMIT_SOCKETS_ADDRESS: '4',
  TRUST_PROXY: 'true',
});
const { client, seed } = app;

/** A different address for each test. */
let last = 0;
const address = () => from(`203.0.113.${++last}`);

const subscribe = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { postChanged { postId } }' },
});

const knock = (options: SocketOptions, payload?: Record<string, unknown>) => knockAt(app, options, payload);

describe('sockets of a user', () => {
  test('are as many as they may be, of 50 at once; the others are closed with 4429', async () => {
    const user = await seed.user();
    const knocks = await Promise.all(Array.from({ length: 50 }, () => knock(address(), tokenOf(user))));
    expect(answersOf(knocks)).toEqual([...tooMany(47), ...acknowledged(3)]);
    // The existing sockets go on, and another user can open sockets too.
    for (const { socket } of knocks.filter(({ answer }) => answer !== 4429)) {
      socket.send({ type: 'ping' });
      await socket.receive('pong');
    }
    const other = await knock(address(), tokenOf(await seed.user()));
    expect(other.answer).toBe('connection_ack');
  });

  test('are counted over all sessions, and where one is gone another may come', async () => {
    const user = await seed.user();
    const { signIn } = await client.run(SignInDocument, {
      input: { login: user.username, password: user.password },
    });
    const second = { accessToken: signIn?.accessToken ?? '' };
    const [first] = await Promise.all([user, second, second].map((each) => knock(address(), tokenOf(each))));
    expect((await knock(address(), tokenOf(user))).answer).toBe(4429);
    first?.socket.drop();
    await eventually(async () =>
      expect((await knock(address(), tokenOf(second))).answer).toBe('connection_ack'),
    );
    expect((await knock(address(), tokenOf(user))).answer).toBe(4429);
  });
});

describe('sockets of an address', () => {
  test('are as many as they may be, of those for which nobody is signed in', async () => {
    const [here, there] = [address(), address()];
    const user = await seed.user();
    const signedIn = await knock(here, tokenOf(user));
    const knocks = await Promise.all(Array.from({ length: 50 }, () => knock(here)));
    expect(answersOf(knocks)).toEqual([...tooMany(46), ...acknowledged(4)]);
    expect(signedIn.answer).toBe('connection_ack');
    expect((await knock(here, tokenOf(user))).answer).toBe('connection_ack');
    expect((await knock(there)).answer).toBe('connection_ack');
  });

  test('are forgotten when they are gone', async () => {
    const here = address();
    const crowd = () => Promise.all(Array.from({ length: 4 }, () => knock(here)));
    for (const { socket } of await crowd()) socket.drop();
    await eventually(async () => {
      const knocks = await crowd();
      for (const { socket } of knocks) socket.drop();
      expect(answersOf(knocks)).toEqual(acknowledged(4));
    });
  });

  test('with a bad token are not counted', async () => {
    const here = address();
    for (let bad = 0; bad < 6; bad++)
      expect((await knock(here, { authorization: 'Bearer nonsense' })).answer).toBe(4403);
    expect((await knock(here)).answer).toBe('connection_ack');
  });
});

describe('subscriptions on a socket', () => {
  const query = (id: string) => ({ id, type: 'subscribe', payload: { query: '{ hello { message } }' } });

  async function open() {
    const { socket } = await knock(address());
    return socket;
  }

  /** The ids of the operations that receive the next event. */
  async function heardBy(socket: Socket, count: number): Promise<unknown[]> {
    await seed.post(await seed.user());
    const ids: unknown[] = [];
    for (let heard = 0; heard < count; heard++) ids.push((await socket.receive('next')).id);
    socket.send({ type: 'ping' });
    await socket.receive('pong');
    return ids.sort();
  }

  test('are as many as they may be, of 50 at once; one too many is refused, and the others live', async () => {
    const socket = await open();
    for (let id = 0; id < 50; id++) socket.send(subscribe(`${id}`));
    for (let id = 3; id < 50; id++) expect(await socket.codes()).toEqual(['OPERATION_TOO_LARGE']);
    expect(await heardBy(socket, 3)).toHaveLength(3);
    socket.send(query('q'));
    expect(await socket.receive('next')).toMatchObject({ id: 'q' });
    await socket.receive('complete');
  });

  test('that have ended make room, and those that fail take none', async () => {
    const socket = await open();
    for (let id = 0; id < 5; id++) {
      socket.send({
        id: 'bad',
        type: 'subscribe',
        payload: { query: 'subscription { walletChanged { cursor } }' },
      });
      expect(await socket.codes()).toEqual(['UNAUTHENTICATED']);
    }
    for (const id of ['a', 'b', 'c']) socket.send(subscribe(id));
    expect(await heardBy(socket, 3)).toEqual(['a', 'b', 'c']);
    socket.send({ id: 'b', type: 'complete' });
    socket.send(subscribe('d'));
    socket.send(subscribe('e'));
    expect(await socket.codes()).toEqual(['OPERATION_TOO_LARGE']);
    expect(await heardBy(socket, 3)).toEqual(['a', 'c', 'd']);
  });

  test('are counted for each socket', async () => {
    for (const socket of await Promise.all([open(), open()])) {
      for (const id of ['a', 'b', 'c']) socket.send(subscribe(id));
      expect(await heardBy(socket, 3)).toEqual(['a', 'b', 'c']);
    }
  });
});

test('0 lifts the limits', async () => {
  const free = await startApp({ LIMIT_SUBSCRIPTIONS: '0', LIMIT_SOCKETS_ADDRESS: '0' });
  const sockets = await Promise.all(Array.from({ length: 1_100 }, () => Socket.acknowledged(free.client)));
  const [socket] = sockets;
  if (socket === undefined) throw new Error('None was opened.');
  const ids = Array.from({ length: 150 }, (_, id) => `${id}`);
  for (const id of ids) socket.send(subscribe(id));
  socket.send({ type: 'ping' });
  await socket.receive('pong');
  await free.seed.post(await free.seed.user());
  const heard = new Set<unknown>();
  while (heard.size < ids.length) heard.add((await socket.receive('next')).id);
});
