import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LiveCursorDocument } from '../generated/operations.ts';
import { startApp } from '../kit/app.ts';
import { type Client, codesOf } from '../kit/client.ts';
import { Socket } from '../kit/socket.ts';

const limit = 100_000;
const app = await startApp({ LIMIT_ANSWER: String(limit), LIMIT_RATE_ADDRESS: '0' });
const ids: string[] = [];

beforeAll(async () => {
  const person = await app.seed.user();
  const create = `mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }`;
  for (let n = 0; n < 3; n++) {
    const body = n === 2 ? '\u20ac"'.repeat(15_000) : 'x'.repeat(40_000);
    const answer = await person.client.post<{ createPost: { post: { id: string } } }>({
      query: create,
      variables: { input: { title: `Post ${n}`, body } },
    });
    ids.push(answer.body.data?.createPost.post.id ?? '');
  }
});

/** The codes of the answers over HTTP and over a WebSocket. */
async function codesOfBoth(client: Client, query: string, variables: object = {}): Promise<string[][]> {
  const { body } = await client.post({ query, variables });
  const socket = await Socket.acknowledged(client);
  socket.send({ type: 'subscribe', id: '1', payload: { query, variables } });
  return [codesOf(body.errors), await socket.codes()];
}

const tooLarge = [['OPERATION_TOO_LARGE'], ['OPERATION_TOO_LARGE']];

describe('an answer', () => {
  test('may be as large as the limit, and no larger', async () => {
    const query = '{ post(id: "ID") { body } }'.replace('ID', ids[0] ?? '');
    const { body } = await app.client.post<{ post: { body: string } }>({ query });
    expect(body.data?.post.body).toHaveLength(40_000);
    const twice = '{ a: post(id: "ID") { body } b: post(id: "ID") { body } }'.replaceAll('ID', ids[0] ?? '');
    expect(await codesOfBoth(app.client, twice)).toEqual([[], []]);
    const thrice = twice.replace('{ a:', '{ c: post(id: "ID") { body } a:').replace('ID', ids[0] ?? '');
    expect(await codesOfBoth(app.client, thrice)).toEqual(tooLarge);
  });

  test('counts bytes as they are sent', async () => {
    // 30,000 characters are 60,000 bytes of UTF-8 plus 15,000 backslashes: a limit of 100,000 fits one such body.
    const once = '{ post(id: "ID") { body } }'.replace('ID', ids[2] ?? '');
    expect(await codesOfBoth(app.client, once)).toEqual([[], []]);
    const twice = '{ a: post(id: "ID") { body } b: post(id: "ID") { body } }'.replaceAll('ID', ids[2] ?? '');
    expect(await codesOfBoth(app.client, twice)).toEqual(tooLarge);
  });

  test('counts long names', async () => {
    const alias = 'a'.repeat(20_000);
    expect(await codesOfBoth(app.client, `{ posts(first: 3) { nodes { ${alias}: id } } }`)).toEqual([[], []]);
    const more = `{ a: posts(first: 3) { nodes { ${alias}: id } } b: posts(first: 3) { nodes { ${alias}: id } } }`;
    expect(await codesOfBoth(app.client, more)).toEqual(tooLarge);
  });

  test('that is too large has nothing in it but that', async () => {
    const query = '{ __typename a: posts { nodes { body } } b: posts { nodes { body } } }';
    const { body, status } = await app.client.post({ query });
    expect(status).toBe(200);
    expect(body.data).toBeUndefined();
    expect(JSON.stringify(body).length).toBeLessThan(500);
    const strict = app.client.with({ accept: 'application/graphql-response+json' });
    expect(await strict.post({ query })).toMatchObject({ status: 400 });
  });
});

describe('a live event', () => {
  test('is no larger either: it comes, and says that its answer would be', async () => {
    const socket = await Socket.acknowledged(app.client);
    const fields = (times: number) => Array.from({ length: times }, (_, n) => `b${n}: body`).join(' ');
    const { liveCursor } = await app.client.run(LiveCursorDocument);
    for (const times of [1, 3]) {
      const query = `subscription { postChanged(after: "${liveCursor}") { post { ${fields(times)} } } }`;
      socket.send({ type: 'subscribe', id: String(times), payload: { query } });
    }
    const writer = await app.seed.user();
    const events = new Map<string, unknown>();
    const create = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { post { id } } }';
    await writer.client.post({
      query: create,
      variables: { input: { title: 'Long', body: 'z'.repeat(40_000) } },
    });
    while (events.size < 2) {
      const { id = '', payload } = await socket.receive('next');
      events.set(id, payload);
    }
    expect(events.get('1')).toMatchObject({ data: { postChanged: { post: { b0: expect.any(String) } } } });
    expect(events.get('3')).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'OPERATION_TOO_LARGE' } }],
    });
  });
});

describe('rows that are read for an answer', () => {
  const restore: (() => Promise<unknown>)[] = [];
  afterAll(() => Promise.all(restore.map((work) => work())));

  test('are no more than a request may have in memory, even if the answer would be short', async () => {
    // 60 posts of 50,000 characters are 3 MB, and a request may read 4 MiB in addition to its answer.
    await app.site.sql(
      `insert into post (author_id, title, body) select author_id, 'n' || n, repeat('y', 50000)
       from post, generate_series(1, 70) as n`,
    );
    const page = (arguments_: string, fields: string) => `posts(${arguments_}) { nodes { ${fields} } }`;
    const unseen = 'title body @skip(if: true)';
    const few = `{ ${page('first: 60', unseen)} }`;
    expect(await codesOfBoth(app.client, few)).toEqual([[], []]);
    const many = `{ a: ${page('first: 60', unseen)} b: ${page('last: 60', unseen)} }`;
    expect(await codesOfBoth(app.client, many)).toEqual(tooLarge);
    expect(await codesOfBoth(app.client, few)).toEqual([[], []]);
    // Bodies that are not selected are not read.
    expect(await codesOfBoth(app.client, many.replaceAll(unseen, 'title'))).toEqual([[], []]);
  });
});
