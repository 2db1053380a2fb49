import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';

const file = new URL('../../examples/operations/quests-with-progress.graphql', import.meta.url);
const example = await readFile(file, 'utf8');
const manifest: { operations: readonly { id: string; name: string; body: string }[] } = JSON.parse(
  await readFile(new URL('../../trusted-documents.json', import.meta.url), 'utf8'),
);

async function codesOfBoth(client: Client, query: string, variables = {}): Promise<string[][]> {
  const { body } = await client.post({ query, variables });
  const socket = await Socket.acknowledged(client);
  socket.send({ type: 'subscribe', id: '1', payload: { query, variables } });
  return [codesOf(body.errors), await socket.codes()];
}

const persisted = (sha256Hash: string, query?: string) => ({
  query,
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

describe('with TRUSTED_DOCUMENTS=only', async () => {
  const { client } = await startApp({ TRUSTED_DOCUMENTS: 'only' });

  test('the documents of the manifest are executed, however they are laid out', async () => {
    expect(await codesOfBoth(client, example)).toEqual([[], []]);
    expect(await codesOfBoth(client, `# ours\n${example.replaceAll('\n', '\n  ')}`)).toEqual([[], []]);
    expect(await codesOfBoth(client, `,,${example}`)).toEqual([[], []]);
  });

  test.each([
    '{ __typename }',
    '{ hello { message } }',
    'mutation { signOut { userErrors { code } } }',
    'subscription { postChanged { cursor } }',
    '{ __schema { queryType { name } } }',
    'query {',
    '',
    example.replace('{', '{ __typename '),
    `${example}\nquery Another { __typename }`,
  ])('no other is, over HTTP and WebSocket: %j', async (query) => {
    const [http, socket] = await codesOfBoth(client, query === '' ? ' ' : query);
    expect([http, socket]).toEqual([['FORBIDDEN'], ['FORBIDDEN']]);
  });

  test('a client may send the hash alone', async () => {
    const quests = manifest.operations.find(({ name }) => name === 'QuestsWithProgress');
    const { body } = await client.post(persisted(quests?.id ?? ''));
    expect([codesOf(body.errors), body.data]).toEqual([[], { quests: expect.anything() }]);
    const unknown = await client.post(persisted(hash('{ __typename }')));
    expect(codesOf(unknown.body.errors)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  });

  test('and can’t register another', async () => {
    const query = '{ __typename }';
    const { body } = await client.post(persisted(hash(query), query));
    expect(codesOf(body.errors)).toEqual(['FORBIDDEN']);
    const again = await client.post(persisted(hash(query)));
    expect(codesOf(again.body.errors)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  });
});

describe('otherwise', async () => {
  const { client } = await startApp();

  test('a client may register a document by its hash, and then send that alone', async () => {
    const query = '{ a: __typename }';
    expect(codesOf((await client.post(persisted(hash(query)))).body.errors)).toEqual([
      'PERSISTED_QUERY_NOT_FOUND',
    ]);
    expect((await client.post(persisted(hash(query), query))).body.data).toEqual({ a: 'Query' });
    expect((await client.post(persisted(hash(query)))).body.data).toEqual({ a: 'Query' });
  });

  test('a document that is refused is not registered', async () => {
    const query = '{ nothing }';
    const first = await client.post(persisted(hash(query), query));
    expect(codesOf(first.body.errors)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    const { body } = await client.post(persisted(hash(query)));
    expect(codesOf(body.errors)).toEqual(['PERSISTED_QUERY_NOT_FOUND']);
  });

  test('a hash of another text is refused', async () => {
    const { status, body } = await client.post(persisted(hash('{ __typename }'), '{ b: __typename }'));
    expect([status, body.data]).toEqual([200, undefined]);
    expect(body.errors).toHaveLength(1);
  });
});
