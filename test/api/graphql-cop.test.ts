import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { GraphQLFormattedError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';

const { url } = await startApp({
  NODE_ENV: 'production',
  GRAPHIQL: 'false',
  JWT_PRIVATE_KEY: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
  JWE_SECRET: randomBytes(32).toString('base64'),
});

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Record<string, unknown>;
}

const post = (query: string) => postJson({ query, operationName: 'cop' });

async function postJson(body: unknown): Promise<Answer> {
  const headers = { 'content-type': 'application/json', accept: '*/*' };
  return read(await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) }));
}

async function get(query: string): Promise<Answer> {
  return read(await fetch(`${url}/graphql?${new URLSearchParams({ query })}`));
}

async function read(response: Response): Promise<Answer> {
  return JSON.parse(await response.text());
}

/**
 * The requests of the checks of graphql-cop 1.15, each under the title in its report, with the condition on which it
 * flags a server.
 */
describe('graphql-cop does not flag', () => {
  test('Alias Overloading', async () => {
    const aliases = Array.from({ length: 101 }, (_, n) => `alias${n}:__typename`).join(' \n');
    const answer = await post(`query cop { ${aliases} }`);
    expect(answer.data).toBeUndefined();
    expect(answer.errors?.[0]?.extensions?.code).toBe('OPERATION_TOO_LARGE');
  });

  test('Directive Overloading', async () => {
    const { data, errors = [] } = await post(`query cop { __typename ${'@aa'.repeat(10)} }`);
    expect(data).toBeUndefined();
    expect(errors).not.toHaveLength(10);
    expect(errors[0]?.extensions?.code).toBe('OPERATION_TOO_LARGE');
  });

  test('Array-based Query Batching', async () => {
    const answer = await postJson(Array(10).fill({ query: 'query cop { __typename }' }));
    expect(Array.isArray(answer)).toBe(false);
    expect(answer.data).toBeUndefined();
    expect(answer.errors).toHaveLength(1);
  });

  test('Introspection-based Circular Query', async () => {
    const circle = 'fields { type { '.repeat(4);
    const answer = await post(`query cop { __schema { types { ${circle} name ${'} }'.repeat(4)} } }`);
    expect(answer.data).toBeUndefined();
  });

  test('Introspection', async () => {
    const answer = await post('query cop { __schema { types { name fields { name } } } }');
    expect(answer.data).toBeUndefined();
  });

  test('Field Suggestions', async () => {
    for (const query of ['query cop { __schema { directive } }', 'query cop { hell quest(idd: 1) { ix } }']) {
      expect(JSON.stringify(await post(query))).not.toContain('Did you mean');
    }
  });

  test('GraphQL IDE', async () => {
    for (const path of ['/graphql', '/', '/graphiql', '/playground', '/console', '/altair']) {
      const response = await fetch(url + path, { headers: { accept: 'text/html' } });
      expect(response.headers.get('content-type')).not.toContain('html');
      expect(await response.text()).not.toMatch(/graphiql|playground|apollo-sandbox|apollo server/i);
    }
  });

  test('Mutation is allowed over GET', async () => {
    expect((await get('mutation cop {__typename}')).data).toBeUndefined();
  });

  test('POST based url-encoded query', async () => {
    const body = new URLSearchParams({ query: 'query cop { __typename }' });
    const response = await fetch(`${url}/graphql`, { method: 'POST', body });
    expect([response.status, (await read(response)).data]).toEqual([415, undefined]);
  });

  // Not in the list of 1.15, because servers must merge fields; they cost points and tokens like any other field.
  test('Field Duplication', async () => {
    const many = (count: number) => post(`query cop { ${'__typename \n'.repeat(count)} }`);
    expect(await many(500)).toEqual({ data: { __typename: 'Query' } });
    expect((await many(2_000)).errors?.[0]?.extensions?.code).toBe('OPERATION_TOO_LARGE');
  });

  test('Trace Mode', async () => {
    const answer = await post('query cop { __typename }');
    expect(answer).toEqual({ data: { __typename: 'Query' } });
  });

  test('Unhandled Errors Detection', async () => {
    const { data, errors = [] } = await post('qwerty cop { abc }');
    expect(data).toBeUndefined();
    expect(errors.map(({ extensions }) => extensions)).toEqual([{ code: 'GRAPHQL_PARSE_FAILED' }]);
  });
});

describe('graphql-cop flags, and it is harmless here:', () => {
  // graphql-cop calls it a possible CSRF. A page of another site can neither change anything by a query nor read the
  // answer: no cookie signs its visitor in, and CORS withholds the answer. If the browser says that such a page sends
  // the request, it is refused, which other-sites.test.ts shows. That leaves clients that use GET, as some do by
  // default.
  test('GET Method Query Support', async () => {
    expect((await get('query cop {__typename}')).data).toEqual({ __typename: 'Query' });
    const asked = new URLSearchParams({ query: 'query cop {__typename}' });
    const response = await fetch(`${url}/graphql?${asked}`, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect([response.status, (await read(response)).data]).toEqual([400, undefined]);
  });
});
