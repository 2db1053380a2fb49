import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { HelloDocument, SignOutDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';

const { url, client, seed, site } = await startApp();

const json = { 'content-type': 'application/json' };
const query = '{ hello { message } }';
const hello = { hello: { message: 'Hello from Questline' } };
const graphql = (search: Record<string, string>) => `/graphql?${new URLSearchParams(search)}`;
const postBody = (body: string | undefined, headers: Record<string, string> = json) =>
  client.fetch('/graphql', { method: 'POST', headers, ...(body !== undefined && { body }) });
const post = (request: unknown, headers: Record<string, string> = {}) =>
  postBody(JSON.stringify(request), { ...json, ...headers });

describe('GET /graphql', () => {
  test('runs a query', async () => {
    const variables = JSON.stringify({ version: 'V1' });
    const asked = 'query Q($version: ApiVersion!) { hello(version: $version) { message } }';
    const { status, body } = await client.fetch(graphql({ query: asked, variables }), {});
    expect([status, body]).toEqual([200, { data: { hello: { message: 'Hello' } } }]);
  });

  test('runs no mutation: 405, and nothing changes', async () => {
    const mutation = `mutation { signUp(input: { email: "a@example.com", username: "${unique('u')}", password: "plum violin harbour" }) { accessToken } }`;
    const before = await site.contents('account');
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const asked = client.fetch(graphql({ query: mutation }), { headers: { accept } });
      const { status, headers: answered, body } = await asked;
      expect([status, answered.get('allow'), body.data]).toEqual([405, 'POST', undefined]);
    }
    expect(await site.contents('account')).toBe(before);
  });
});

describe('POST /graphql', () => {
  test('runs an operation, by its name where there are several', async () => {
    expect((await post({ query })).body).toEqual({ data: hello });
    const several = `query A { a: __typename } query B { b: __typename }`;
    expect((await post({ query: several, operationName: 'B' })).body).toEqual({ data: { b: 'Query' } });
    expect(codesOf((await post({ query: several })).body.errors)).toHaveLength(1);
    expect(codesOf((await post({ query: several, operationName: 'C' })).body.errors)).toHaveLength(1);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/graphql',
    'application/xml',
    'json',
  ])('415 for a body of %s', async (type) => {
    const headers = { 'content-type': type };
    for (const each of [headers, { ...headers, 'apollo-require-preflight': '1' }]) {
      const { status, body } = await postBody(JSON.stringify({ query }), each);
      expect([status, body.data]).toEqual([415, undefined]);
    }
  });

  test('415 for a body of no type', async () => {
    const body = new Blob([JSON.stringify({ query })]);
    const response = await fetch(`${url}/graphql`, { method: 'POST', body });
    expect(response.status).toBe(415);
  });

  test('takes JSON in UTF-8, whatever else its type says', async () => {
    for (const type of ['application/json; charset=utf-8', 'Application/JSON']) {
      const { status, body } = await postBody(JSON.stringify({ query }), { 'content-type': type });
      expect([status, body]).toEqual([200, { data: hello }]);
    }
  });

  test.each(['', '{', '{"query":', 'query', `{"query": "${query}"`, '\u0000'])(
    '400 for the broken JSON %j',
    async (body) => {
      const { status, body: answer } = await postBody(body);
      expect([status, answer.data, answer.errors?.length]).toEqual([400, undefined, 1]);
    },
  );

  test('413 for a body over 1 MiB', async () => {
    const request = (size: number) => {
      const empty = JSON.stringify({ query, extensions: { x: '' } });
      return JSON.stringify({ query, extensions: { x: 'x'.repeat(size - empty.length) } });
    };
    expect((await postBody(request(1024 * 1024))).status).toBe(200);
    const { status, body } = await postBody(request(1024 * 1024 + 1));
    expect([status, body.data]).toEqual([413, undefined]);
  });

  const persistedQuery = { version: 1, sha256Hash: '0'.repeat(64) };
  /** Well-formed JSON that is no valid GraphQL request. */
  const wrong: [string, unknown, string][] = [
    ['a syntax error', { query: '{ hello' }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: '{ goodbye }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'a variable of another type',
      { query: 'query($id: ID!) { node(id: $id) { id } }', variables: { id: {} } },
      'BAD_USER_INPUT',
    ],
    ['a variable that is missing', { query: 'query($id: ID!) { node(id: $id) { id } }' }, 'BAD_USER_INPUT'],
    ['an id that is no text', { query: '{ node(id: true) { id } }' }, 'BAD_USER_INPUT'],
    ['a malformed scalar', { query: '{ quests(after: 5) { totalCount } }' }, 'BAD_USER_INPUT'],
    ['too many tokens', { query: `{ ${'a: __typename '.repeat(667)} }` }, 'OPERATION_TOO_LARGE'],
    ['another text than its hash', { query, extensions: { persistedQuery } }, 'BAD_REQUEST'],
    ['a subscription', { query: 'subscription { questCompleted { cursor } }' }, 'BAD_REQUEST'],
  ];
  test.each(wrong)(
    '%s: 200 as application/json, 4xx as application/graphql-response+json',
    async (_, request, code) => {
      const old = await post(request, { accept: 'application/json' });
      expect([old.status, old.body.data, codesOf(old.body.errors)]).toEqual([200, undefined, [code]]);
      expect(old.headers.get('content-type')).toMatch(/^application\/json\b/);
      const accept = 'application/graphql-response+json';
      const { status, headers, body } = await post(request, { accept });
      expect([status, body.data, codesOf(body.errors)]).toEqual([400, undefined, [code]]);
      expect(headers.get('content-type')).toMatch(/^application\/graphql-response\+json\b/);
    },
  );

  test('an operation is known by its hash once its text was sent beside it', async () => {
    const text = '{ hello(version: V1) { message } }';
    const sha256Hash = createHash('sha256').update(text).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    expect(codesOf((await post({ extensions })).body.errors)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
    const data = { hello: { message: 'Hello' } };
    expect((await post({ query: text, extensions })).body).toEqual({ data });
    expect((await post({ extensions })).body).toEqual({ data });
  });

  test('a bad token: 200 as application/json, 401 as application/graphql-response+json', async () => {
    const authorization = 'Bearer nonsense';
    const accept = 'application/graphql-response+json';
    for (const [headers, expected] of [
      [{ authorization }, 200],
      [{ authorization, accept }, 401],
    ] as const) {
      const { status, body } = await post({ query }, headers);
      expect([status, body.data, codesOf(body.errors)]).toEqual([expected, undefined, ['UNAUTHENTICATED']]);
    }
  });

  test('what fails in a field leaves the rest as it is: 200 either way', async () => {
    const mutation = 'mutation { signOut { userErrors { code } } }';
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const { status, body } = await post({ query: mutation }, { accept });
      expect([status, body.data, codesOf(body.errors)]).toEqual([
        200,
        { signOut: null },
        ['UNAUTHENTICATED'],
      ]);
      expect(body.errors?.[0]).toMatchObject({ path: ['signOut'], locations: [{ line: 1, column: 12 }] });
    }
  });
});

describe('every answer', () => {
  test.each([
    ['GET', '/', 200],
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['GET', '/metrics', 200],
    ['GET', '/.well-known/jwks.json', 200],
    ['GET', '/graphiql', 404],
    ['GET', '/nothing', 404],
    ['GET', '/graphql', 400],
    ['PUT', '/graphql', 404],
    ['OPTIONS', '/graphql', 404],
    ['POST', '/graphql', 400],
    ['GET', '/%', 400],
  ])('%s %s: %i, with nosniff, and nothing about what it runs on', async (method, path, status) => {
    const response = await fetch(url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    for (const name of ['x-powered-by', 'server']) expect(response.headers.has(name)).toBe(false);
    if (path === '/graphql') expect(response.headers.get('cache-control') ?? 'no-store').toBe('no-store');
    expect(await response.text()).not.toMatch(/node_modules|fastify|apollo server| {4}at /i);
  });

  test('even to what is no HTTP, has nosniff', async () => {
    for (const [request, status] of [
      ['nonsense\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.end(request);
      const answer = await textOf(socket);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expect(answer.toLowerCase()).toContain('\r\nx-content-type-options: nosniff\r\n');
    }
  });

  test('has an id of its own', async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => (await post({ query })).headers.get('x-request-id')),
    );
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/);
  });

  test('to GraphQL is not to be stored', async () => {
    expect((await post({ query })).headers.get('cache-control')).toBe('no-store');
  });
});

describe('the small endpoints', () => {
  test('GET / says what this is', async () => {
    expect((await client.fetch('/', {})).body).toMatchObject({ name: 'Questline' });
  });

  test('GET /readyz has a line for each dependency', async () => {
    expect((await client.fetch('/readyz', {})).body).toEqual({ status: 'ok', database: 'ok', redis: 'ok' });
  });

  test('GET /metrics is for Prometheus', async () => {
    const response = await fetch(`${url}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
    const metrics = await response.text();
    for (const name of [
      'database_statements_total',
      'open_sockets',
      'live_operations',
      'live_subscribers',
      'relay_lag_events',
      'process_cpu_seconds_total',
    ]) {
      expect(metrics).toMatch(new RegExp(`^questline_${name}`, 'm'));
    }
  });
});

describe('pages of other origins', () => {
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  };

  test('on this machine may call while nothing else is named', async () => {
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:8080', url]) {
      const response = await fetch(`${url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, ...preflight },
      });
      expect(response.status).toBe(204);
      expect(response.headers.get('access-control-allow-origin')).toBe(origin);
      expect(response.headers.get('access-control-allow-headers')).toContain('content-type');
    }
  });

  test('elsewhere may not', async () => {
    for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null']) {
      const { headers } = await post({ query }, { origin });
      expect([origin, headers.get('access-control-allow-origin')]).toEqual([origin, null]);
    }
  });
});

test('hello speaks both versions', async () => {
  for (const [version, message] of [
    ['V1', 'Hello'],
    ['V2', 'Hello from Questline'],
  ] as const) {
    expect(await client.run(HelloDocument, { version })).toEqual({ hello: { message, version } });
  }
  expect((await client.run(HelloDocument)).hello.version).toBe('V2');
});

test('a mutation’s payload is there where nothing went wrong', async () => {
  const { client: ada } = await seed.user();
  expect(await ada.run(SignOutDocument)).toEqual({ signOut: { userErrors: [] } });
});
