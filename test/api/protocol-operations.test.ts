import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { captureLog } from '../kit/log.ts';
import { Socket } from '../kit/socket.ts';

const app = await startApp({ LOG_LEVEL: 'error' });
const { client, seed } = app;
/** Nothing that a client writes may cause a server failure. */
const lines = captureLog(app);

const query = '{ __typename }';
const posts = 'subscription { postChanged { postId } }';
const subscribe = (payload: unknown, id = '1') => ({ id, type: 'subscribe', payload });
const deep = `${'['.repeat(25_000)}${']'.repeat(25_000)}`;

describe('a socket lives', () => {
  const answers = async (socket: Socket) => {
    socket.send({ type: 'ping' });
    await socket.receive('pong');
  };

  const ids = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'then',
    '0',
    ' ',
    '"\\\n',
    '\u0000',
    'é💥',
    '\ud800',
    'long '.repeat(2_000),
  ];
  test.each(ids.map((id) => [id.slice(0, 20), id]))('with an operation whose id is %j', async (_, id) => {
    const socket = await Socket.acknowledged(client);
    socket.send(subscribe({ query }, id));
    expect(await socket.receive('next')).toEqual({
      id,
      type: 'next',
      payload: { data: { __typename: 'Query' } },
    });
    expect(await socket.receive('complete')).toMatchObject({ id });
    socket.send(subscribe({ query: posts }, id));
    await answers(socket);
    await seed.post(await seed.user());
    expect(await socket.receive('next')).toMatchObject({ id });
    socket.send({ id, type: 'complete' });
    socket.send(subscribe({ query: posts }, id));
    await answers(socket);
  });

  test('when what is completed was never begun, a thousand times', async () => {
    const socket = await Socket.acknowledged(client);
    for (let id = 0; id < 1_000; id++) socket.send({ id: `${id}`, type: 'complete' });
    for (const id of ['__proto__', 'constructor', 'toString']) socket.send({ id, type: 'complete' });
    await answers(socket);
    const early = await Socket.open(client);
    early.send({ id: '1', type: 'complete' });
    await answers(early);
  });

  test('with a ping or a pong of any object', async () => {
    const socket = await Socket.acknowledged(client);
    for (const payload of [{}, { a: [1] }, { authorization: undefined }]) {
      socket.send({ type: 'ping', payload });
      expect(await socket.receive('pong')).toEqual({ type: 'pong', payload: { ...payload } });
    }
    socket.send('{"type":"ping","payload":null}');
    expect(await socket.receive('pong')).toEqual({ type: 'pong' });
    // Nesting this deep can be parsed, but not serialised.
    socket.send(`{"type":"ping","payload":{"x":${deep}}}`);
    expect(await socket.receive('pong')).toEqual({ type: 'pong' });
    for (const payload of [undefined, null, {}, { a: 1 }]) socket.send({ type: 'pong', payload });
    await answers(socket);
  });

  test('with 200 renewals at once, and answers each in its turn', async () => {
    const { accessToken } = await seed.user();
    const payload = { authorization: `Bearer ${accessToken}` };
    const socket = await Socket.acknowledged(client, payload);
    for (let n = 0; n < 200; n++) socket.send({ type: 'ping', payload: { ...payload, n } });
    for (let n = 0; n < 200; n++) expect(await socket.receive('pong')).toMatchObject({ payload: { n } });
    await answers(socket);
  });

  const several = 'query A { a: __typename } query B { b: __typename }';
  test.each<[string, object, string]>([
    [
      'two operations without a name',
      { query: '{ a: __typename } { b: __typename }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['several operations and no name', { query: several }, 'OPERATION_RESOLUTION_FAILURE'],
    ['a null name', { query: several, operationName: null }, 'OPERATION_RESOLUTION_FAILURE'],
    ['an empty name', { query: several, operationName: '' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['an unknown name', { query: several, operationName: '__proto__' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['a name where there is none', { query, operationName: 'A' }, 'OPERATION_RESOLUTION_FAILURE'],
    ['an empty text', { query: '' }, 'GRAPHQL_PARSE_FAILED'],
    ['a comment alone', { query: '# nothing' }, 'GRAPHQL_PARSE_FAILED'],
    ['no operation', { query: 'type A { b: Int }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a fragment alone', { query: 'fragment F on Query { __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ['a subscription to nothing', { query: 'subscription { __typename }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a subscription to two',
      { query: 'subscription { postChanged { postId } b: postChanged { postId } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a skipped subscription',
      { query: 'subscription { postChanged @skip(if: true) { postId } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'one not included',
      { query: 'subscription { postChanged @include(if: false) { postId } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'one that is included',
      { query: 'subscription { postChanged @include(if: true) { postId } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'one skipped around it',
      { query: 'subscription { ... @skip(if: true) { postChanged { postId } } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'one skipped in fragments',
      {
        query:
          'subscription { ...A } fragment A on Subscription { ...B ...B } fragment B on Subscription { postChanged @skip(if: true) { postId } }',
      },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a spread that is skipped',
      {
        query: 'subscription { ...A @skip(if: true) } fragment A on Subscription { postChanged { postId } }',
      },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a variable named __proto__',
      { query: 'query($__proto__: ID!) { node(id: $__proto__) { id } }', variables: { x: 1 } },
      'BAD_USER_INPUT',
    ],
    [
      'a malformed id',
      { query: 'query($id: ID!) { node(id: $id) { id } }', variables: { id: [[[]]] } },
      'BAD_USER_INPUT',
    ],
  ])('when an operation is wrong, with its code over HTTP: %s', async (_, payload, code) => {
    const socket = await Socket.acknowledged(client);
    socket.send(subscribe(payload));
    const codes = await socket.codes();
    expect(codes[0]).toBe(code);
    expect(codesOf((await client.post(payload)).body.errors)).toEqual(codes);
    await answers(socket);
  });

  test('with variables that are nested too deep', async () => {
    const socket = await Socket.acknowledged(client);
    const asked = 'query($id: ID!) { node(id: $id) { id } }';
    socket.send(`{"type":"subscribe","id":"1","payload":{"query":"${asked}","variables":{"id":${deep}}}}`);
    expect(await socket.codes()).toEqual(['BAD_USER_INPUT']);
    await answers(socket);
  });

  test.each(['skip(if: $v)', 'include(if: $v)', 'skip', 'skip(if: "x")', 'skip(if: null)', 'skip(if: $w)'])(
    'when a subscription has @%s',
    async (directive) => {
      const socket = await Socket.acknowledged(client);
      const asked = `subscription($v: Boolean!) { postChanged @${directive} { postId } }`;
      socket.send(subscribe({ query: asked, variables: { v: true } }));
      const codes = await socket.codes();
      expect(codes[0]).toMatch(/^(GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT)$/);
      expect(codesOf((await client.post({ query: asked, variables: { v: true } })).body.errors)).toEqual(
        codes,
      );
      await answers(socket);
    },
  );
});

test('nothing of this was a failure of the server', () => {
  expect(lines).toEqual([]);
});
