import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { unique } from '../kit/unique.ts';

const { url, client, site } = await startApp();

const origin = 'https://evil.example';
const query = '{ __typename }';
const signUp = () =>
  `mutation { signUp(input: { email: "${unique('a')}@example.com", username: "${unique('u')}", password: "plum violin harbour" }) { accessToken } }`;

describe('a page of another site', () => {
  test.each(['POST', 'GET', 'DELETE'])('has its preflight for a %s refused', async (method) => {
    for (const from of [origin, 'null', 'http://localhost.evil.example', 'http://[']) {
      const headers = {
        origin: from,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,apollo-require-preflight,authorization',
      };
      const response = await fetch(`${url}/graphql`, { method: 'OPTIONS', headers });
      expect([from, response.ok]).toEqual([from, false]);
      expect([...response.headers.keys()].filter((name) => name.startsWith('access-control-allow'))).toEqual(
        [],
      );
    }
  });

  test('changes nothing by what it may send without one', async () => {
    const before = await site.contents('account');
    const request = () => JSON.stringify({ query: signUp() });
    const types = ['text/plain', 'text/plain;charset=UTF-8', 'application/x-www-form-urlencoded'];
    const posts = types.map((type): RequestInit => ({ headers: { 'content-type': type }, body: request() }));
    const form = new FormData();
    form.set('query', signUp());
    for (const sent of [
      ...posts,
      { body: new URLSearchParams({ query: signUp() }) },
      { body: form },
      // Without a type, like a Blob that has none.
      { body: new Blob([request()]) },
      {},
    ]) {
      const target = `${url}/graphql?${new URLSearchParams({ query: signUp() })}`;
      const response = await fetch(target, { method: 'POST', ...sent, headers: { origin, ...sent.headers } });
      expect([400, 415]).toContain(response.status);
    }
    expect(await site.contents('account')).toBe(before);
  });

  test.each<[string, Record<string, string>]>([
    ['nothing, such as for an image', {}],
    ['its origin', { origin }],
    ['an origin of null', { origin: 'null' }],
    ['an origin that is none', { origin: 'http://[' }],
    ['an origin like an allowed one', { origin: 'http://localhost.evil.example' }],
    ['an empty header', { 'apollo-require-preflight': '', 'x-apollo-operation-name': '' }],
    ['another header', { origin, 'x-requested-with': 'fetch' }],
    ['a type of JSON', { 'content-type': 'application/json' }],
    ['a type of a form', { 'content-type': 'text/plain' }],
    ['a link to follow', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['a script', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' }],
  ])('reads nothing by a GET with %s', async (_, headers) => {
    const { status, body } = await client.fetch(`/graphql?${new URLSearchParams({ query })}`, {
      headers: { 'sec-fetch-site': 'cross-site', ...headers },
    });
    expect([status, body.data, codesOf(body.errors)]).toEqual([400, undefined, ['BAD_REQUEST']]);
  });
});

describe('a query by GET', () => {
  test.each<[string, Record<string, string>]>([
    ['a client that is no browser', {}],
    ['an address that was typed', { 'sec-fetch-site': 'none' }],
    ['a page of this server', { 'sec-fetch-site': 'same-origin' }],
    ['a page of the same site', { 'sec-fetch-site': 'same-site', origin: 'http://localhost:5173' }],
    ['a page that CORS allows', { 'sec-fetch-site': 'cross-site', origin: 'http://localhost:5173' }],
    ['another one', { 'sec-fetch-site': 'cross-site', origin: 'http://app.localhost' }],
    ['a page that was preflighted', { 'sec-fetch-site': 'cross-site', 'apollo-require-preflight': '1' }],
    ['Apollo’s clients', { 'sec-fetch-site': 'cross-site', 'x-apollo-operation-name': 'Q' }],
    ['a browser that does not say where from', { origin: 'http://localhost:5173' }],
    ['another that does not', { referer: 'https://evil.example/' }],
  ])('may come from %s', async (_, headers) => {
    const { status, body } = await client.fetch(`/graphql?${new URLSearchParams({ query })}`, { headers });
    expect([status, body]).toEqual([200, { data: { __typename: 'Query' } }]);
  });
});

describe('a GET', () => {
  const headers = { 'sec-fetch-site': 'same-origin' };
  test.each([
    ['a mutation', signUp()],
    ['one among queries', `query Q { __typename } ${signUp().replace('mutation', 'mutation M')}`],
    ['a subscription', 'subscription { postChanged { postId } }'],
  ])('is not for %s: 405', async (_, asked) => {
    const before = await site.contents('account');
    for (const accept of ['application/json', 'application/graphql-response+json']) {
      const search = new URLSearchParams({
        query: asked,
        ...(asked.includes('M {') && { operationName: 'M' }),
      });
      const answer = await client.fetch(`/graphql?${search}`, { headers: { ...headers, accept } });
      expect([answer.status, answer.headers.get('allow'), answer.body.data]).toEqual([
        405,
        'POST',
        undefined,
      ]);
      expect(codesOf(answer.body.errors)).toEqual(['BAD_REQUEST']);
    }
    expect(await site.contents('account')).toBe(before);
  });

  test('may be a HEAD, which executes no mutation either', async () => {
    const head = (asked: string) =>
      fetch(`${url}/graphql?${new URLSearchParams({ query: asked })}`, { method: 'HEAD', headers });
    const before = await site.contents('account');
    expect([(await head(query)).status, (await head(signUp())).status]).toEqual([200, 405]);
    expect(await site.contents('account')).toBe(before);
  });

  test('gets no page, whatever it accepts', async () => {
    for (const accept of ['text/html', 'text/html,application/xhtml+xml,*/*;q=0.8']) {
      for (const more of [{}, headers]) {
        const response = await fetch(`${url}/graphql`, { headers: { accept, ...more } });
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        expect(response.status).toBeGreaterThanOrEqual(400);
      }
    }
  });
});
