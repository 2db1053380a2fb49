import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  HelloDocument,
  LiveCursorDocument,
  RewardsDocument,
  SignUpDocument,
  ViewerDocument,
} from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { eventually } from '../kit/eventually.ts';
import { openLive } from '../kit/live.ts';
import { captureLog } from '../kit/log.ts';
import { newcomer } from '../kit/seed.ts';
import { createSite } from '../kit/site.ts';
import { Socket } from '../kit/socket.ts';

describe('an error that nobody expected', () => {
  test('is masked, over HTTP and WebSocket, and its id finds it in the log', async () => {
    const { client, site, log } = await startApp({ LOG_LEVEL: 'error' });
    const lines = captureLog({ log });
    await site.sql('drop table reward cascade');

    const { headers, body } = await client.ask(RewardsDocument);
    const socket = await Socket.acknowledged(client);
    socket.send({ id: '1', type: 'subscribe', payload: { query: '{ rewards { totalCount } }' } });
    const { payload } = await socket.receive('next');
    for (const answer of [body, payload]) {
      expect(answer).toEqual({
        data: null,
        errors: [
          {
            message: 'Something went wrong on our side.',
            path: ['rewards'],
            locations: [expect.anything()],
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[\da-f-]{36}$/) },
          },
        ],
      });
    }
    const ids = JSON.stringify([body, payload]).match(/[\da-f]{8}-[\da-f-]{27}/g) ?? [];
    expect(ids[0]).toBe(headers.get('x-request-id'));
    expect(new Set(ids).size).toBe(2);
    for (const requestId of ids) {
      expect(lines).toContainEqual(
        expect.objectContaining({
          requestId,
          err: expect.objectContaining({ message: 'relation "reward" does not exist' }),
        }),
      );
    }
  });

  test.each([
    ['that is the same for all', 'author { displayName }'],
    ['that depends on the viewer', 'collections { totalCount }'],
  ])('is masked in a live event %s, and its id finds it in the log', async (_, fields) => {
    const { client, seed, site, log } = await startApp({ LOG_LEVEL: 'error' });
    const author = await seed.user();
    await site.settled();
    const { liveCursor } = await client.run(LiveCursorDocument);
    const lines = captureLog({ log });
    const socket = await Socket.acknowledged(client);
    const query = `subscription { postChanged(after: "${liveCursor}") { post { ${fields} } } }`;
    socket.send({ id: '1', type: 'subscribe', payload: { query } });
    await seed.post(author);
    await socket.receive('next');
    await site.sql('alter table account rename display_name to gone');
    await site.sql('alter table collection_post rename to gone');
    await site.sql(
      `insert into live_event (topic, audience, payload)
       select topic, audience, payload from live_event where topic = 'post_changed'`,
    );
    await site.sql('notify questline_live');
    const { payload } = await socket.receive('next');
    expect(payload).toMatchObject({
      errors: [
        { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[\da-f-]{36}$/) } },
      ],
    });
    const [requestId] = JSON.stringify(payload).match(/[\da-f]{8}-[\da-f-]{27}/) ?? [];
    expect(lines).toContainEqual(
      expect.objectContaining({
        requestId,
        err: expect.objectContaining({ message: expect.stringContaining('does not exist') }),
      }),
    );
  });

  test('leaves no password and no token in the log', async () => {
    const { client, site, log } = await startApp({ LOG_LEVEL: 'trace' });
    const lines = captureLog({ log });
    const input = newcomer({});
    const { accessToken } = await client.mutate(SignUpDocument, { input });
    await client.as({ accessToken }).run(ViewerDocument);
    await site.sql('drop table session, account cascade');
    expect(await client.fails(SignUpDocument, { input: newcomer({ password: input.password }) })).toEqual([
      'INTERNAL_SERVER_ERROR',
    ]);
    expect(await client.as({ accessToken }).fails(ViewerDocument)).toEqual(['INTERNAL_SERVER_ERROR']);
    const written = JSON.stringify(lines);
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of [input.password, accessToken]) expect(written).not.toContain(secret);
  });
});

describe('a database that is away', () => {
  test('is SERVICE_UNAVAILABLE and not ready, until it is back', async () => {
    const app = await startApp();
    const { client, seed, site } = app;
    const person = await seed.user();
    const live = openLive(client);
    await live.run(ViewerDocument);
    const state = async (path: string) => {
      const { status, body } = await client.fetch(path, {});
      return [status, body];
    };

    await site.admit(false);
    expect(await state('/readyz')).toEqual([
      503,
      { status: 'unavailable', database: 'unavailable', redis: 'ok' },
    ]);
    expect(await state('/healthz')).toEqual([200, { status: 'ok' }]);
    expect(await client.fails(RewardsDocument)).toEqual(['SERVICE_UNAVAILABLE']);
    expect(await person.client.fails(HelloDocument)).toEqual(['SERVICE_UNAVAILABLE']);
    expect(await (await live.events(RewardsDocument)).fails()).toEqual(['SERVICE_UNAVAILABLE']);
    expect(await client.run(HelloDocument)).toMatchObject({ hello: { version: 'V2' } });

    await site.admit(true);
    await eventually(async () => (await client.fetch('/readyz', {})).status === 200);
    expect((await person.client.run(ViewerDocument)).viewer?.id).toBe(person.accountId);
    expect(await live.run(RewardsDocument)).toMatchObject({ rewards: { totalCount: 0 } });
  });

  test('cannot be asked about the session of a socket: it is closed with 1013 instead of let in', async () => {
    const { client, seed, site } = await startApp();
    const [known, unknown] = [await seed.user(), await seed.user()];
    // This leaves a lease, which would let the socket in, but does not watch its session.
    await known.client.run(HelloDocument);
    await site.admit(false);
    for (const { accessToken } of [known, unknown]) {
      const socket = await Socket.open(client);
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${accessToken}` } });
      await expect(socket.receive('connection_ack')).rejects.toThrow('closed with 1013');
    }
  });
});

describe('in production', async () => {
  const site = await createSite();
  const { client } = await startApp(
    {
      NODE_ENV: 'production',
      GRAPHIQL: '',
      JWT_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
      JWE_SECRET: randomBytes(32).toString('base64'),
    },
    site,
  );

  /** The answers to a query over HTTP and over a WebSocket. */
  async function bothWays(request: { query: string; variables?: object }): Promise<string[]> {
    const { body } = await client.post(request);
    const socket = await Socket.acknowledged(client);
    socket.send({ id: '1', type: 'subscribe', payload: request });
    const { payload } = await socket.receive('error', 'next');
    return [JSON.stringify(body), JSON.stringify(payload)];
  }

  test.each(['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }'])(
    'there is no introspection: %s',
    async (query) => {
      for (const answer of await bothWays({ query })) {
        expect(answer).toContain('GRAPHQL_VALIDATION_FAILED');
        expect(answer).not.toContain('"data"');
      }
    },
  );

  test('__typename is still there', async () => {
    for (const answer of await bothWays({ query: '{ __typename }' })) expect(answer).toContain('"Query"');
  });

  test.each([
    { query: '{ helo { message } }' },
    { query: '{ hello { mesage } }' },
    { query: '{ hello(versio: V1) { message } }' },
    { query: '{ hello(version: V3) { message } }' },
    { query: '{ viewer { ... on Acount { id } } }' },
    { query: 'query($v: ApiVersio) { hello(version: $v) { message } }' },
    { query: 'query($v: ApiVersion!) { hello(version: $v) { message } }', variables: { v: 'V3' } },
    { query: 'mutation { signIn(input: { logi: "", password: "" }) { accessToken } }' },
    {
      query: 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }',
      variables: { input: { login: '', pasword: '', password: '' } },
    },
  ])('nothing is suggested to who guesses: %j', async (request) => {
    for (const answer of await bothWays(request)) {
      expect(answer).toMatch(/GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT/);
      expect(answer).not.toMatch(/did you mean/i);
    }
  });

  test('there is no GraphiQL', async () => {
    expect((await fetch(`${client.url}/graphiql`)).status).toBe(404);
    expect((await client.fetch('/', {})).body).toMatchObject({ name: 'Questline' });
  });

  test('no page of another origin may call, be it on this machine', async () => {
    const origin = 'http://localhost:5173';
    expect(
      (await client.with({ origin }).ask(HelloDocument)).headers.get('access-control-allow-origin'),
    ).toBeNull();
    await expect(Socket.open(client, { origin })).rejects.toThrow('403');
  });

  test('the common path works', async () => {
    const person = await client.mutate(SignUpDocument, { input: newcomer({}) });
    expect((await client.as(person).run(ViewerDocument)).viewer?.id).toBe(person.account.id);
  });
});
