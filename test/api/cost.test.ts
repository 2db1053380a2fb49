import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';

const app = await startApp({ GRAPHIQL: 'true', LIMIT_RATE_ADDRESS: '0', LIMIT_RATE_USER: '0' });
const curious = app.client.with({ 'x-questline-cost': '1' });

interface Case {
  readonly name: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly cost: number;
}

const fragments = `fragment a on Post { id ...b ...b } fragment b on Post { title body }`;

const cases: readonly Case[] = [
  { name: 'a field in a field', query: '{ viewer { email } }', cost: 2 },
  { name: '__typename', query: '{ __typename }', cost: 1 },
  { name: 'a page of the usual size', query: '{ posts { nodes { id } } }', cost: 1 + 20 * 2 },
  { name: 'first', query: '{ posts(first: 7) { nodes { id title } } }', cost: 1 + 7 * 3 },
  { name: 'last', query: '{ posts(last: 7) { nodes { id title } } }', cost: 1 + 7 * 3 },
  { name: 'no row', query: '{ posts(first: 0) { nodes { id } totalCount } }', cost: 1 + 3 },
  {
    name: 'edges and what stands beside them',
    query: '{ posts(first: 5) { edges { cursor node { id } } pageInfo { hasNextPage } totalCount } }',
    cost: 1 + 5 * 7,
  },
  {
    name: 'a variable',
    query: 'query ($n: Int) { posts(first: $n) { nodes { id } } }',
    variables: { n: 3 },
    cost: 1 + 3 * 2,
  },
  {
    name: 'null for a variable',
    query: 'query ($n: Int) { posts(first: $n) { nodes { id } } }',
    variables: { n: null },
    cost: 1 + 20 * 2,
  },
  {
    name: 'the default of a variable',
    query: 'query ($n: Int = 4) { posts(first: $n) { nodes { id } } }',
    cost: 1 + 4 * 2,
  },
  {
    name: 'no value for a variable',
    query: 'query ($n: Int) { posts(last: $n) { nodes { id } } }',
    cost: 1 + 20 * 2,
  },
  {
    name: 'a page in a page',
    query: '{ posts(first: 3) { nodes { author { posts(first: 5) { nodes { id } } } } } }',
    cost: 1 + 3 * (1 + 1 + 1 + 5 * 2),
  },
  { name: 'long texts', query: '{ posts(first: 2) { nodes { body title } } }', cost: 1 + 2 * (1 + 11 + 1) },
  {
    name: 'a list without pages',
    query: '{ quests(first: 2) { nodes { id prerequisites { id } } } }',
    cost: 1 + 2 * (1 + 1 + 1 + 10),
  },
  {
    name: 'ids',
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    variables: { ids: ['post_01h455vb4pex5vsknk084sn02q', 'post_01h455vb4pex5vsknk084sn02r'] },
    cost: 1 + 2,
  },
  {
    name: 'ids in the document',
    query: '{ nodes(ids: ["post_01h455vb4pex5vsknk084sn02q"]) { id __typename } }',
    cost: 1 + 2,
  },
  {
    name: 'fragments, wherever they are spread',
    query: `{ posts(first: 2) { nodes { ...a ...b } } } ${fragments}`,
    cost: 1 + 2 * (1 + (1 + 12 + 12) + 12),
  },
  {
    name: 'inline fragments',
    query: '{ posts(first: 2) { nodes { ... on Post { id } ... { title } ... on Node { id } } } }',
    cost: 1 + 2 * (1 + 1 + 1 + 1),
  },
  { name: 'aliases', query: '{ a: __typename b: __typename }', cost: 2 },
  { name: 'what is skipped', query: '{ __typename @skip(if: true) viewer { email } }', cost: 3 },
  {
    name: 'introspection',
    query: '{ __schema { queryType { name } types { name fields { name } } } }',
    cost: 1 + (1 + 1) + (1 + 3 * (1 + 1 + 3 * 1)),
  },
  {
    name: 'the operation that is named',
    query: 'query a { __typename } query b { posts(first: 9) { nodes { id } } }',
    cost: 1,
  },
];

describe('the cost of an operation', () => {
  test.each(cases)('counts $name', async ({ query, variables, cost }) => {
    const operationName = query.startsWith('query a') ? 'a' : undefined;
    const { body } = await curious.post({ query, variables, operationName });
    expect(body.extensions).toEqual({ cost });
    const socket = await Socket.open(app.client, { headers: { 'x-questline-cost': '1' } });
    socket.send({ type: 'connection_init' });
    await socket.receive('connection_ack');
    socket.send({ type: 'subscribe', id: '1', payload: { query, variables, operationName } });
    expect(await socket.receive('next')).toMatchObject({ payload: { extensions: { cost } } });
  });

  test('of recordEvents counts its results by its events', async () => {
    const person = await app.seed.user();
    const query = `mutation ($events: [EventInput!]!) {
      recordEvents(input: { events: $events }) { results { eventId outcome } userErrors { code } }
    }`;
    const events = Array.from({ length: 12 }, () => ({
      eventId: randomUUID(),
      eventType: 'test.nothing',
      timestamp: new Date().toISOString(),
    }));
    const client = person.client.with({ 'x-questline-cost': '1' });
    const { body } = await client.post({ query, variables: { events } });
    expect(body.extensions).toEqual({ cost: 1 + 12 * 3 + 1 + 10 });
  });

  test('is not told to who does not ask', async () => {
    const { body } = await app.client.post({ query: '{ __typename }' });
    expect(body).not.toHaveProperty('extensions');
  });
});

describe('an operation that costs too much', () => {
  const query =
    'query ($n: Int) { posts(first: $n) { nodes { author { posts(first: 25) { nodes { id } } } } } }';
  const costs = (n: number) => 1 + n * (3 + 25 * 2);

  test.each([94, 95, 100])('is refused: %i posts with 25 each', async (n) => {
    const { body } = await curious.post({ query, variables: { n } });
    expect(codesOf(body.errors)).toEqual(costs(n) > 5_000 ? ['OPERATION_TOO_LARGE'] : []);
    if (costs(n) > 5_000) expect(body.errors?.[0]?.message).toContain(String(costs(n)));
  });

  test('is told so before anything else that the answer would say', async () => {
    const { body } = await curious.post({ query, variables: { n: 1_000_000_000 } });
    expect(codesOf(body.errors)).toEqual(['OPERATION_TOO_LARGE']);
  });

  test('and what is no size of a page is BAD_USER_INPUT', async () => {
    const page = 'query ($n: Int) { posts(first: $n) { nodes { id } } }';
    for (const n of [101, 1_000_000, -1]) {
      const { body } = await curious.post({ query: page, variables: { n } });
      expect([n, codesOf(body.errors)]).toEqual([n, ['BAD_USER_INPUT']]);
    }
  });

  test('1,000 events may be recorded at once', async () => {
    const person = await app.seed.user();
    const mutation = `mutation ($events: [EventInput!]!) {
      recordEvents(input: { events: $events }) { results { eventId outcome message } userErrors { code message field } }
    }`;
    const timestamp = new Date().toISOString();
    const events = Array.from({ length: 1_000 }, () => ({
      eventId: randomUUID(),
      eventType: 'a.b',
      timestamp,
    }));
    const { body } = await person.client.post({ query: mutation, variables: { events } });
    expect(body.errors).toBeUndefined();
  });

  test('0 lifts the limit', async () => {
    const free = await startApp({ LIMIT_COST: '0', LIMIT_RATE_ADDRESS: '0' });
    const { body } = await free.client.post({ query, variables: { n: 100 } });
    expect(body.errors).toBeUndefined();
  });
});
