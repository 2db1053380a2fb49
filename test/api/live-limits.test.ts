import { beforeAll, describe, expect, test } from 'vitest';
import { parseId } from '../../src/domain/ids.ts';
import { everyone } from '../../src/pubsub/topics.ts';
import { LiveCursorDocument, SignInDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import type { Person } from '../kit/seed.ts';
import { Socket } from '../kit/socket.ts';

const { client, seed, site } = await startApp({
  LIMIT_LIVE_USER: '3',
  LIMIT_LIVE_ADDRESS: '4',
  TRUST_PROXY: 'true',
});

/** A different address for each test. */
let last = 0;
const address = () => ({ 'x-forwarded-for': `198.51.100.${++last}` });

async function open(headers: Record<string, string>, person?: Pick<Person, 'accessToken'>): Promise<Socket> {
  const socket = await Socket.open(client, { headers });
  const payload = person && { authorization: `Bearer ${person.accessToken}` };
  socket.send({ type: 'connection_init', payload });
  await socket.receive('connection_ack');
  return socket;
}

/**
 * Writes one post of a new author, and returns the cursor before it: a subscriber hears of that post and of nothing
 * else.
 */
async function writeOne() {
  const { id: authorId } = await seed.user();
  await site.settled();
  const { liveCursor: after } = await client.run(LiveCursorDocument);
  await site.sql(
    `insert into live_event (topic, audience, payload) values ('post_changed', $1, $2)`,
    everyone,
    { action: 'CREATED', postId: everyone, authorId: parseId(authorId).uuid },
  );
  await site.settled();
  return { authorId, after };
}

let told: Awaited<ReturnType<typeof writeOne>>;
beforeAll(async () => {
  told = await writeOne();
});

/** The same operation for the same number, a different one for each other number. */
const subscribe = (id: string, operation: number, variables: object = told) => ({
  id,
  type: 'subscribe',
  payload: {
    query: `subscription ($authorId: ID, $after: LiveCursor) {
      postChanged(authorId: $authorId, after: $after) { op${operation}: postId }
    }`,
    variables,
  },
});

async function expectLetIn(socket: Socket, id: string, operation: number): Promise<void> {
  socket.send(subscribe(id, operation));
  expect(await socket.receive('next', 'error')).toMatchObject({ id, type: 'next' });
}

async function expectRefused(socket: Socket, id: string, operation: number): Promise<void> {
  socket.send(subscribe(id, operation));
  expect(await socket.receive('next', 'error')).toMatchObject({
    id,
    type: 'error',
    payload: [{ extensions: { code: 'OPERATION_TOO_LARGE' } }],
  });
}

describe('different live operations of an account', () => {
  test('are as many as they may be, of 50 at once on four sockets; the others are refused, and live on', async () => {
    const user = await seed.user();
    const sockets = await Promise.all([1, 2, 3, 4].map(() => open(address(), user)));
    for (let operation = 0; operation < 50; operation++)
      sockets[operation % 4]?.send(subscribe(`${operation}`, operation));
    const answers: unknown[] = [];
    const listen = async (socket: Socket) => {
      for (;;) {
        const { type, payload } = await socket.receive('error', 'next');
        answers.push(type === 'error' ? Object(payload)[0]?.extensions.code : type);
      }
    };
    for (const socket of sockets) listen(socket).catch(() => undefined);
    const count = (what: string) => answers.filter((answer) => answer === what).length;
    await eventually(() => expect([count('OPERATION_TOO_LARGE'), count('next')]).toEqual([47, 3]));
  });

  test('are counted over its sessions and sockets, once each, however many ask for the same', async () => {
    const user = await seed.user();
    const { signIn } = await client.run(SignInDocument, {
      input: { login: user.username, password: user.password },
    });
    const second = { accessToken: signIn?.accessToken ?? '' };
    const [here, there] = [await open(address(), user), await open(address(), second)];
    for (const operation of [1, 2, 3]) {
      for (const id of ['a', 'b', 'c']) await expectLetIn(here, `${id}${operation}`, operation);
      await expectLetIn(there, `${operation}`, operation);
    }
    await expectRefused(here, 'x', 4);
    await expectRefused(there, 'x', 4);
    // The layout of the document does not matter.
    const { payload, ...message } = subscribe('y', 1);
    there.send({ ...message, payload: { ...payload, query: `${payload.query} # one` } });
    expect(await there.receive('next', 'error')).toMatchObject({ id: 'y', type: 'next' });
  });

  test('make room once the last who asked for one has left, and not before', async () => {
    const user = await seed.user();
    const [here, there] = [await open(address(), user), await open(address(), user)];
    for (const operation of [1, 2, 3]) await expectLetIn(here, `${operation}`, operation);
    await expectLetIn(there, '3', 3);
    here.send({ id: '3', type: 'complete' });
    await expectRefused(here, 'x', 4);
    there.drop();
    await eventually(() => expectLetIn(here, `x${++last}`, 4));
    await expectRefused(here, 'y', 5);
    // Its id may be reused at once.
    here.send({ id: '1', type: 'complete' });
    await expectLetIn(here, '1', 6);
    await expectRefused(here, 'y', 5);
  });

  test('stay its own when the token is renewed', async () => {
    const user = await seed.user();
    const socket = await open(address(), user);
    for (const operation of [1, 2, 3]) await expectLetIn(socket, `${operation}`, operation);
    const { signIn } = await client.run(SignInDocument, {
      input: { login: user.username, password: user.password },
    });
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${signIn?.accessToken}` } });
    await socket.receive('pong');
    await expectRefused(socket, 'x', 4);
    socket.send({ id: '2', type: 'complete' });
    await expectLetIn(socket, 'y', 4);
    await expectRefused(socket, 'z', 5);
  });
});

describe('different live operations of an address', () => {
  test('are those for which nobody is signed in', async () => {
    const [here, there] = [address(), address()];
    const signedIn = await open(here, await seed.user());
    for (const operation of [11, 12, 13]) await expectLetIn(signedIn, `${operation}`, operation);
    const [first, second] = [await open(here), await open(here)];
    for (const operation of [1, 2]) await expectLetIn(first, `${operation}`, operation);
    for (const operation of [3, 4]) await expectLetIn(second, `${operation}`, operation);
    await expectRefused(first, 'x', 5);
    await expectRefused(second, 'x', 5);
    await expectLetIn(first, 'y', 4);
    await expectLetIn(await open(there), '5', 5);
    await expectRefused(signedIn, 'x', 14);
  });

  test('are forgotten when their sockets are gone, in whatever moment', async () => {
    const here = address();
    for (let round = 0; round < 10; round++) {
      const sockets = await Promise.all(Array.from({ length: 5 }, () => open(here)));
      for (const [index, socket] of sockets.entries()) {
        // Some before they have begun, some afterwards.
        if (index === 1)
          for (const operation of [0, 1, 2, 3]) await expectLetIn(socket, `x${operation}`, operation);
        for (let operation = 0; operation < 4; operation++) {
          socket.send(subscribe(`${operation}`, operation));
          if (index % 2 === 0) socket.send({ id: `${operation}`, type: 'complete' });
          if (index === 3) socket.send(subscribe(`${operation}`, operation));
        }
        socket.drop();
      }
    }
    await eventually(async () => {
      const socket = await open(here);
      try {
        for (const operation of [6, 7, 8, 9]) await expectLetIn(socket, `${operation}`, operation);
        await expectRefused(socket, 'x', 10);
      } finally {
        socket.drop();
      }
    });
  });
});

test('0 lifts the limits', async () => {
  const free = await startApp({ LIMIT_LIVE_ADDRESS: '0', LIMIT_SUBSCRIPTIONS: '0' });
  const socket = await Socket.acknowledged(free.client, {});
  for (let operation = 0; operation < 1_010; operation++)
    socket.send(subscribe(`${operation}`, operation, {}));
  await eventually(async () => {
    const metrics = await (await fetch(`${free.url}/metrics`)).text();
    expect(metrics).toContain('questline_live_operations 1010\n');
  });
});
