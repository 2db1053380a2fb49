import { expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';
import { statements } from '../kit/statements.ts';
import { type Abuse, abuses, messageOf, requestOf } from './abuse.ts';

// With introspection, which has a depth limit of its own, and without rate limits, which would refuse first.
const app = await startApp({ GRAPHIQL: 'true', LIMIT_RATE_ADDRESS: '0' });
/** Documents may nest as deeply as they like: there is no token limit. */
const unlimited = await startApp({ LIMIT_TOKENS: '0', LIMIT_RATE_ADDRESS: '0' });

/** Bytes: a refusal is short, whatever was sent. */
const mostAnswered = 32 * 1024;
/** The size limit of a WebSocket message, in bytes. */
const mostSent = 64 * 1024;

interface Heard {
  readonly codes: readonly string[];
  readonly size: number;
}

async function overHttp(abuse: Abuse, accept: string): Promise<Heard & { readonly status: number }> {
  const { status, body } = await app.client.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: requestOf(abuse),
  });
  return { status, codes: codesOf(body.errors), size: sizeOf(body) };
}

/** The answer over a WebSocket, whether the operation is refused or its result has errors and no data. */
async function overWebSocket(abuse: Abuse): Promise<Heard> {
  const socket = await Socket.acknowledged(app.client);
  socket.send(messageOf(abuse, 'x'));
  const { payload } = await socket.receive('error', 'next');
  socket.drop();
  return { codes: codesIn(payload), size: sizeOf(payload) };
}

function codesIn(payload: unknown): string[] {
  if (Array.isArray(payload)) return codesOf(payload);
  if (typeof payload !== 'object' || payload === null || 'data' in payload) return ['it was executed'];
  return 'errors' in payload && Array.isArray(payload.errors) ? codesOf(payload.errors) : [];
}

function sizeOf(answer: unknown): number {
  return Buffer.byteLength(JSON.stringify(answer));
}

test('abuses are many, of one name each, and each fits into a WebSocket message', () => {
  expect(abuses.length).toBeGreaterThanOrEqual(60);
  expect(new Set(abuses.map(({ name }) => name)).size).toBe(abuses.length);
  const tooLong = abuses.filter((abuse) => Buffer.byteLength(messageOf(abuse, 'x')) > mostSent);
  expect(tooLong.map(({ name }) => name)).toEqual([]);
});

test.each(abuses.map((abuse) => [abuse.name, abuse] as const))(
  '%s: the same code on both ways, in few words, without a statement',
  async (_name, abuse) => {
    const sent = await statements(app, async () => {
      const http = await overHttp(abuse, 'application/json');
      expect([http.status, http.codes[0]]).toEqual([200, abuse.code]);
      const newer = await overHttp(abuse, 'application/graphql-response+json');
      expect(newer.status).toBeGreaterThanOrEqual(400);
      expect(newer.status).toBeLessThan(500);
      const socket = await overWebSocket(abuse);
      expect([newer.codes, socket.codes]).toEqual([http.codes, http.codes]);
      for (const { size } of [http, newer, socket]) expect(size).toBeLessThanOrEqual(mostAnswered);
    });
    expect(sent).toEqual({});
  },
);

test('a hundred fragments may need the same', async () => {
  const fragments = Array.from(
    { length: 100 },
    (_, index) => `fragment F${index} on Query { hello { message } }`,
  );
  const { body } = await app.client.post({
    query: `{ ${fragments.map((_, index) => `...F${index}`).join(' ')} } ${fragments.join(' ')}`,
  });
  expect(body).toEqual({ data: { hello: { message: expect.any(String) } } });
});

const levels = 50_000;

test.each([
  ['lists', `{ nodes(ids: ${'['.repeat(levels)}`],
  ['lists that are closed', `{ nodes(ids: ${'['.repeat(levels)}${']'.repeat(levels)}) { id } }`],
  ['objects', `{ node(id: ${'{a:'.repeat(levels)}`],
  ['fields', '{a'.repeat(levels)],
  ['inline fragments', '{...'.repeat(levels)],
  ['types of variables', `query ($v: ${'['.repeat(levels)}`],
  ['defaults of variables', `query ($v: Int = ${'['.repeat(levels)}`],
  [
    'fragments in fragments',
    `{ ...F0 } ${Array.from({ length: 7_000 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} }`).join(' ')} fragment F7000 on Query { __typename }`,
  ],
])('%s deeper than the stack: too large, and no internal error', async (_name, query) => {
  const { body } = await unlimited.client.post({ query });
  expect(codesOf(body.errors)).toEqual(['OPERATION_TOO_LARGE']);
});
