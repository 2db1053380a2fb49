import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';

const { client, site } = await startApp();

const json = 'application/json';
const newer = 'application/graphql-response+json';
const query = '{ __typename }';
const mutation = () =>
  `mutation { signUp(input: { email: "${unique('a')}@example.com", username: "${unique('u')}", password: "plum violin harbour" }) { accessToken } }`;

const postBody = (body: string | Buffer, headers: Record<string, string> = {}) =>
  client.fetch('/graphql', { method: 'POST', headers: { 'content-type': json, ...headers }, body });
const post = (request: unknown, headers?: Record<string, string>) =>
  postBody(JSON.stringify(request), headers);
const get = (search: Record<string, string> | [string, string][], headers: Record<string, string> = {}) =>
  client.fetch(`/graphql?${new URLSearchParams(search)}`, {
    headers,
  });
const typeOf = (headers: Headers) => headers.get('content-type')?.split(';')[0];

describe('a request that is malformed gets 400, whatever it accepts', () => {
  const notText = [5, 0, true, false, {}, { obj: 'ect' }, [], ['array'], { kind: 'Document' }];
  const notObjects = ['', 'string', '{}', 5, 0, true, false, [], ['array'], [{}]];
  const bodies: unknown[] = [
    ...[{}, { query: null }, { qeury: query }, { operationName: 'Q' }, { extensions: {} }, { variables: {} }],
    ...[null, 'x', '', 5, true, [], [{ query }], [{ query }, { query }], [[{ query }]], [null]],
    ...notText.map((each) => ({ query: each })),
    ...notText.map((operationName) => ({ query, operationName })),
    ...notObjects.map((variables) => ({ query, variables })),
    ...notObjects.map((extensions) => ({ query, extensions })),
    ...['x', 1, [], {}, { version: 1 }, { version: 1, sha256Hash: { toString: 1 } }].flatMap(
      (persistedQuery) => [{ extensions: { persistedQuery } }, { query, extensions: { persistedQuery } }],
    ),
  ];

  test.each(bodies.map((body) => JSON.stringify(body)))('%s', async (body) => {
    for (const accept of [json, newer, '*/*']) {
      const { status, headers, body: answer } = await postBody(body, { accept });
      expect([accept, status, answer.data, codesOf(answer.errors)]).toEqual([
        accept,
        400,
        undefined,
        ['BAD_REQUEST'],
      ]);
      expect(typeOf(headers)).toBe(accept === newer ? newer : json);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test.each([
    [{}],
    [{ operationName: 'Q' }],
    [{ query, variables: 'x' }],
    [{ query, variables: '' }],
    [{ query, variables: '[]' }],
    [{ query, variables: '"x"' }],
    [{ query, variables: '{' }],
    [{ query, extensions: '5' }],
    [{ query, extensions: '{"persistedQuery":1}' }],
    [
      [
        ['query', query],
        ['query', query],
      ],
    ],
    [
      [
        ['query', query],
        ['variables', '{}'],
        ['variables', '{}'],
      ],
    ],
  ] satisfies [Record<string, string> | [string, string][]][])('GET with %j', async (search) => {
    for (const accept of [json, newer]) {
      const { status, body } = await get(search, { accept });
      expect([status, body.data, codesOf(body.errors)]).toEqual([400, undefined, ['BAD_REQUEST']]);
    }
  });

  test.each([
    '%ff',
    '%C3%28',
    '%c3',
    '%e9t%e9',
    '%ED%A0%80',
    '%C0%80',
    '%F4%90%80%80',
    '%80a',
    'a%C3a%A9',
    '%FF%FE%61%00',
  ])('GET with %s, which is no UTF-8', async (escapes) => {
    for (const parameter of [
      'variables=%7B%22x%22%3A%22_%22%7D',
      'operationName=_',
      'extensions=%7B%22_%22%3A1%7D',
      '_=1',
    ]) {
      const search = `query=%7B__typename%7D&${parameter.replace('_', escapes)}`;
      const { status, body } = await client.fetch(`/graphql?${search}`, {});
      expect([parameter, status, codesOf(body.errors)]).toEqual([parameter, 400, ['BAD_REQUEST']]);
    }
  });

  test('a batch of mutations is not executed, not even in part', async () => {
    const before = await site.contents('account');
    const { status, body } = await post([{ query: mutation() }, { query: mutation() }]);
    expect([status, body.errors?.length]).toEqual([400, 1]);
    expect(await site.contents('account')).toBe(before);
  });

  test('no answer repeats what was sent', async () => {
    for (const body of [`{"query": "${query}", "variables": "secret"}`, '{"secret', '["secret"]']) {
      expect(JSON.stringify((await postBody(body)).body)).not.toContain('secret');
    }
    const type = await postBody('secret', { 'content-type': 'text/secret' });
    expect(JSON.stringify(type.body)).not.toContain('secret');
    const path = await client.fetch('/secret%zz', {});
    expect([path.status, codesOf(path.body.errors)]).toEqual([400, ['BAD_REQUEST']]);
    expect(JSON.stringify(path.body)).not.toContain('secret');
  });
});

describe('what is wrong in its GraphQL alone is 200 as application/json', () => {
  const sha256Hash = createHash('sha256').update('{ a }').digest('hex');
  const several = 'query A { __typename } query B { __typename }';
  test.each<[string, unknown, string, number]>([
    ['an empty text', { query: '' }, 'GRAPHQL_PARSE_FAILED', 400],
    ['a blank text', { query: ' \n' }, 'GRAPHQL_PARSE_FAILED', 400],
    ['a syntax error', { query: '{' }, 'GRAPHQL_PARSE_FAILED', 400],
    ['an unknown field', { query: '{ goodbye }' }, 'GRAPHQL_VALIDATION_FAILED', 400],
    ['no operation', { query: 'type A { b: Int }' }, 'GRAPHQL_VALIDATION_FAILED', 400],
    ['several operations and no name', { query: several }, 'OPERATION_RESOLUTION_FAILURE', 400],
    ['another name', { query: several, operationName: 'C' }, 'OPERATION_RESOLUTION_FAILURE', 400],
    ['an empty name', { query: several, operationName: '' }, 'OPERATION_RESOLUTION_FAILURE', 400],
    ['a missing variable', { query: 'query($i: ID!) { node(id: $i) { id } }' }, 'BAD_USER_INPUT', 400],
    [
      'a null variable',
      { query: 'query($i: ID!) { node(id: $i) { id } }', variables: { i: null } },
      'BAD_USER_INPUT',
      400,
    ],
    ['too many tokens', { query: `{${' a'.repeat(3_000)}}` }, 'OPERATION_TOO_LARGE', 400],
    [
      'a condition at a subscription',
      { query: 'subscription { postChanged @skip(if: true) { cursor } }' },
      'GRAPHQL_VALIDATION_FAILED',
      400,
    ],
    [
      'a wrong hash',
      { query, extensions: { persistedQuery: { version: 1, sha256Hash } } },
      'BAD_REQUEST',
      400,
    ],
    [
      'another version',
      { query, extensions: { persistedQuery: { version: 2, sha256Hash } } },
      'BAD_REQUEST',
      400,
    ],
  ])('%s', async (_, request, code, status) => {
    for (const [accept, expected] of [
      [json, 200],
      [newer, status],
      [undefined, 200],
    ] as const) {
      const { status, body, headers } = await post(request, accept ? { accept } : {});
      expect([accept, status, body.data]).toEqual([accept, expected, undefined]);
      expect(codesOf(body.errors)[0]).toBe(code);
      expect(typeOf(headers)).toBe(accept ?? json);
    }
  });

  test('a bad token is 401 as the newer type, and says how to sign in', async () => {
    const authorization = 'Bearer nonsense';
    const { status, headers } = await post({ query }, { authorization, accept: newer });
    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await post({ query }, { authorization, accept: json })).status).toBe(200);
  });

  test('null stands for what is left out', async () => {
    const request = { query, operationName: null, variables: null, extensions: null };
    for (const accept of [json, newer]) {
      const { status, body } = await post(request, { accept });
      expect([status, body]).toEqual([200, { data: { __typename: 'Query' } }]);
    }
    const { status, body } = await get({ query, operationName: '', variables: 'null', extensions: '{}' });
    expect([status, body]).toEqual([200, { data: { __typename: 'Query' } }]);
  });
});

describe('the type of the answer', () => {
  test.each([
    ['', json],
    ['*/*', json],
    ['application/*', json],
    ['APPLICATION/JSON', json],
    [`${json}, ${newer}`, json],
    [`${newer}, ${json}`, newer],
    [`${newer}, */*`, newer],
    [`*/*, ${newer}`, newer],
    [`${newer};q=0.9, ${json}`, json],
    [`${newer}, ${json};q=0.9`, newer],
    [`${newer}; charset=utf-8, ${json}; charset=utf-8`, newer],
    [`${json};charset="UTF-8"`, json],
    [`${newer};charset=utf-16, ${json}`, json],
    [`${json};q=0, */*`, newer],
    [`*/*;q=0.1, ${newer};q=0`, json],
    [`text/html, ${newer};q=0.2, ${json};q=0.1`, newer],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
    [`,, ${newer} ;; q = 1 ,`, newer],
  ])('for Accept: %s is %s', async (accept, expected) => {
    const { status, headers } = await post({ query }, { accept });
    expect([status, headers.get('content-type')]).toEqual([200, `${expected}; charset=utf-8`]);
  });

  test.each([
    'text/html',
    'application/xml',
    'application/graphql+json',
    'image/*',
    `${json};q=0`,
    '*/*;q=0',
    `${json};charset=iso-8859-1`,
    `${json};q=2`,
    'json',
  ])('for Accept: %s there is none: 406, and nothing has happened', async (accept) => {
    const before = await site.contents('account');
    const { status, headers, body } = await post({ query: mutation() }, { accept });
    expect([status, body.data, codesOf(body.errors)]).toEqual([406, undefined, ['BAD_REQUEST']]);
    expect(typeOf(headers)).toBe(json);
    expect(await site.contents('account')).toBe(before);
  });

  test('with a thousand ranges is found as fast', async () => {
    const accept = `${'text/a,'.repeat(1_000)}${newer}`;
    expect(typeOf((await post({ query }, { accept })).headers)).toBe(newer);
  });
});
