import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { captureLog } from '../kit/log.ts';
import { Socket } from '../kit/socket.ts';
import { unique } from '../kit/unique.ts';

const app = await startApp({ LOG_LEVEL: 'error' });
const { client, seed, site } = app;
/** Nothing that a client writes may cause a server failure. */
const lines = captureLog(app);

const query = '{ __typename }';
const posts = 'subscription { postChanged { postId } }';
const init = { type: 'connection_init' };
const subscribe = (payload: unknown, id: unknown = '1') => ({ id, type: 'subscribe', payload });
const tokenOf = ({ accessToken }: { accessToken: string }) => ({ authorization: `Bearer ${accessToken}` });
const notObjects = [[], [{}], 'text', '', 5, 0, true, false];
const deep = `${'['.repeat(25_000)}${']'.repeat(25_000)}`;

/** What a client does on an acknowledged socket. */
type Act = (socket: Socket) => void;
const send = (...messages: readonly unknown[]): Act => {
  return (socket) => {
    for (const message of messages)
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  };
};
const each = (messages: readonly unknown[]) => messages.map((message) => send(message));
const sendBytes = (bytes: Uint8Array, options: { binary: boolean; mask?: boolean }): Act => {
  return (socket) => socket.sendBytes(bytes, options);
};
const twice = (id: string) => send(subscribe({ query: posts }, id), subscribe({ query }, id));

const closings: [code: number, why: string, acts: readonly Act[]][] = [
  [
    4400,
    'no JSON',
    each(['', ' ', '{', 'ping', "{'type':'ping'}", '{"type":"ping"}{"type":"ping"}', '\u0000']),
  ],
  [4400, 'JSON that is no object', each(['null', '5', 'true', '"ping"', '[]', '[{"type":"ping"}]', deep])],
  [4400, 'no type', each([{}, { id: '1' }, { type: null }, { type: '' }])],
  [4400, 'a type that is no text', each([{ type: 1 }, { type: {} }, { type: ['ping'] }, { type: true }])],
  [
    4400,
    'a type that there is not',
    each(
      ['hello', 'start', 'stop', 'Ping', 'ping ', '__proto__', 'constructor', 'toString'].map((type) => ({
        type,
      })),
    ),
  ],
  [
    4400,
    'a message that only servers send',
    each([
      ...[undefined, null, {}, { authorization: 'Bearer x' }, []].map((payload) => ({
        type: 'connection_ack',
        payload,
      })),
      ...[undefined, {}, { data: null }, { data: { a: 1 } }, { errors: [{ message: 'x' }] }].map(
        (payload) => ({ id: '1', type: 'next', payload }),
      ),
      { type: 'next' },
      ...[[{ message: 'x' }], [{ message: 'x', path: ['a'] }], [], [5], {}].map((payload) => ({
        id: '1',
        type: 'error',
        payload,
      })),
    ]),
  ],
  [
    4400,
    'bytes',
    [
      sendBytes(Buffer.from('{"type":"ping"}'), { binary: true }),
      sendBytes(Buffer.alloc(3), { binary: true }),
    ],
  ],
  [
    4400,
    'a ping or pong with a payload that is no object',
    each(
      notObjects.flatMap((payload) => [
        { type: 'ping', payload },
        { type: 'pong', payload },
      ]),
    ),
  ],
  [
    4400,
    'an operation without an id',
    each([
      { type: 'subscribe', payload: { query } },
      ...['', null, 1, true, {}, ['1']].map((id) => subscribe({ query }, id)),
    ]),
  ],
  [
    4400,
    'an operation without a payload',
    each([{ id: '1', type: 'subscribe' }, ...[null, ...notObjects].map((payload) => subscribe(payload))]),
  ],
  [
    4400,
    'an operation whose query is no text',
    each([
      subscribe({}),
      ...[null, 5, true, {}, [query], { kind: 'Document' }].map((given) => subscribe({ query: given })),
    ]),
  ],
  [
    4400,
    'variables that are no object',
    each(notObjects.map((variables) => subscribe({ query, variables }))),
  ],
  [
    4400,
    'extensions that are no object',
    each(notObjects.map((extensions) => subscribe({ query, extensions }))),
  ],
  [
    4400,
    'an operationName that is no text',
    each([5, 0, true, {}, ['Q']].map((operationName) => subscribe({ query, operationName }))),
  ],
  [
    4400,
    'a completion without an id',
    each([{ type: 'complete' }, ...['', null, 1, {}].map((id) => ({ id, type: 'complete' }))]),
  ],
  [4409, 'an id that is in use', [twice('1'), twice('__proto__'), twice('constructor')]],
  [
    4409,
    'a long id that is in use',
    [
      'x'.repeat(90),
      'x'.repeat(120),
      'x'.repeat(1_000),
      'é'.repeat(60),
      '💥'.repeat(5_000),
      '\ud800'.repeat(50),
    ].map(twice),
  ],
  [4429, 'another connection_init', each([init, { ...init, payload: {} }])],
  [
    4403,
    'a token where there was none',
    each(
      [{ authorization: 'Bearer x' }, { authorization: null }, { authorization: {} }].map((payload) => ({
        type: 'ping',
        payload,
      })),
    ),
  ],
  [1007, 'a text that is no UTF-8', [sendBytes(Buffer.from([0xc3, 0x28]), { binary: false })]],
  [
    1002,
    'a frame that is not masked',
    [sendBytes(Buffer.from('{"type":"ping"}'), { binary: false, mask: false })],
  ],
  [1009, 'a message over 64 KiB', [send('x'.repeat(65_537))]],
];

describe('a socket is closed with', () => {
  test.each(closings)('%i for %s', async (code, _, acts) => {
    const codes = await Promise.all(
      acts.map(async (act) => {
        const socket = await Socket.acknowledged(client);
        act(socket);
        return socket.closeCode();
      }),
    );
    expect(codes).toEqual(acts.map(() => code));
  });

  test('4400 for a connection_init with a payload that is no object', async () => {
    for (const payload of notObjects) {
      const socket = await Socket.open(client);
      socket.send({ ...init, payload });
      expect([payload, await socket.closeCode()]).toEqual([payload, 4400]);
    }
  });

  test('4400 for what only servers send, before the acknowledgement too', async () => {
    for (const message of [
      { type: 'connection_ack' },
      { id: '1', type: 'next', payload: { data: {} } },
      { id: '1', type: 'error', payload: [{ message: 'x' }] },
    ]) {
      const socket = await Socket.open(client);
      socket.send(message);
      expect([message, await socket.closeCode()]).toEqual([message, 4400]);
    }
  });

  test('4401 for an operation before the acknowledgement, also while the token is looked at', async () => {
    const early = await Socket.open(client);
    early.send(subscribe({ query }));
    expect(await early.closeCode()).toBe(4401);
    const eager = await Socket.open(client);
    eager.send({ ...init, payload: tokenOf(await seed.user()) });
    eager.send(subscribe({ query }));
    expect(await eager.closeCode()).toBe(4401);
  });

  test('4403 for a token that is none, whatever it is', async () => {
    for (const authorization of [
      '',
      'Bearer',
      'Bearer x',
      'x'.repeat(10_000),
      5,
      null,
      {},
      [],
      [['x']],
      true,
    ]) {
      const socket = await Socket.open(client);
      socket.send({ ...init, payload: { authorization } });
      expect([authorization, await socket.closeCode()]).toEqual([authorization, 4403]);
    }
  });

  test('4429 for another connection_init while the first is looked at', async () => {
    const socket = await Socket.open(client);
    socket.send({ ...init, payload: tokenOf(await seed.user()) });
    socket.send(init);
    expect(await socket.closeCode()).toBe(4429);
  });

  test('a code, and what came behind is not executed', async () => {
    const name = unique('behind');
    const signUp = `mutation { signUp(input: { email: "${name}@example.com", username: "${name}", password: "plum violin harbour" }) { accessToken } }`;
    for (const bad of ['nonsense', JSON.stringify(init)]) {
      const socket = await Socket.acknowledged(client);
      socket.send(bad);
      for (let id = 0; id < 5; id++) socket.send(subscribe({ query: signUp }, `${id}`));
      expect(await socket.closeCode()).toBeGreaterThanOrEqual(4400);
    }
    // These sign-ups hash passwords too, so the earlier one would have finished by now.
    await Promise.all(Array.from({ length: 10 }, () => seed.user()));
    expect(await site.sql('select from account where username = $1', name)).toEqual([]);
  });
});

test('nothing of this was a failure of the server', () => {
  expect(lines).toEqual([]);
});
