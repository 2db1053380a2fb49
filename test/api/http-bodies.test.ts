import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { codesOf } from '../kit/client.ts';
import { RawConnection, rawRequest } from '../kit/raw.ts';

const { client } = await startApp();

const json = 'application/json';
const newer = 'application/graphql-response+json';
const query = '{ __typename }';

const postBody = (body: string | Buffer, headers: Record<string, string> = {}) =>
  client.fetch('/graphql', { method: 'POST', headers: { 'content-type': json, ...headers }, body });

describe('the body of a request', () => {
  test.each([json, `${json}; charset=utf-8`, `${json};charset="utf-8"`, `${json}; charset=UTF8`])(
    'may be %s',
    async (type) => {
      const request = JSON.stringify({ query: '{ __type: __typename }', variables: { x: 'Run🏃' } });
      expect((await postBody(request, { 'content-type': type })).status).toBe(200);
    },
  );

  test.each([
    `${json}; charset=utf-16`,
    `${json}; charset=latin1`,
    `${json}; charset="ISO-8859-1"`,
    `${json}; charset=utf-8; charset=utf-16`,
    `${json};a=b;CHARSET=us-ascii`,
    `${json}; charset=`,
    `text/plain; ${json}`,
    `text/plain, ${json}`,
    `${json}, text/plain`,
    'application/jsonp',
    'application/json-patch+json',
    newer,
    'text/json',
  ])('may not be %s: 415', async (type) => {
    const { status, body } = await postBody(JSON.stringify({ query }), { 'content-type': type });
    expect([status, body.data, codesOf(body.errors)]).toEqual([415, undefined, ['BAD_REQUEST']]);
  });

  test.each(['gzip', 'deflate', 'br', 'identity, gzip', 'x'])(
    'may not be compressed, such as by %s: 415',
    async (encoding) => {
      for (const body of [gzipSync(JSON.stringify({ query })), JSON.stringify({ query })]) {
        const { status, body: answer } = await postBody(body, { 'content-encoding': encoding });
        expect([status, codesOf(answer.errors)]).toEqual([415, ['BAD_REQUEST']]);
      }
      expect((await postBody(JSON.stringify({ query }), { 'content-encoding': 'identity' })).status).toBe(
        200,
      );
    },
  );

  test.each(['gzip, chunked', 'deflate, chunked', 'x, chunked'])(
    'nor on its way, by %s: 415',
    async (coding) => {
      const headers = [`content-type: ${json}`, `transfer-encoding: ${coding}`, 'connection: close'];
      const connection = new RawConnection(client.url);
      connection.write(rawRequest('POST /graphql HTTP/1.1', headers, '1\r\n{\r\n0\r\n\r\n'));
      expect(await connection.toTheEnd()).toMatch(/^HTTP\/1\.1 415 /);
    },
  );

  test.each([
    '{"query":"{__typename}","__proto__":{}}',
    '{"query":"{__typename}","variables":{"__proto__":1}}',
    '{"query":"{__typename}","variables":{"constructor":{"prototype":{}}}}',
  ])('may have any key: %s', async (text) => {
    expect((await postBody(text)).body).toEqual({ data: { __typename: 'Query' } });
  });

  const [before, after] = ['{"query":"{ __typename }","variables":{"x":"', '"}}'].map((text) =>
    Buffer.from(text),
  );
  const notUtf8: Record<string, readonly number[]> = {
    'a byte that begins nothing': [0x80],
    'a byte that there is not': [0xff],
    'the other one': [0xfe],
    'é in Latin-1': [0xe9],
    'a character that is cut': [0xc3],
    'another that is cut': [0xf0, 0x9f, 0x90],
    'a letter in two bytes': [0xc1, 0x81],
    'NUL in two bytes': [0xc0, 0x80],
    'a slash in three bytes': [0xe0, 0x80, 0xaf],
    'half of a character': [0xed, 0xa0, 0x80],
    'both halves of one (CESU-8)': [0xed, 0xa0, 0xbd, 0xed, 0xb0, 0xa2],
    'what lies beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
    'five bytes for one': [0xf8, 0x88, 0x80, 0x80, 0x80],
    'UTF-16': [0xac, 0x20],
  };
  test.each(Object.entries(notUtf8))('may not hold what is no UTF-8, such as %s: 400', async (_, bytes) => {
    const body = Buffer.concat([before ?? Buffer.of(), Buffer.of(...bytes), after ?? Buffer.of()]);
    const { status, body: answer } = await postBody(body);
    expect([status, answer.data, codesOf(answer.errors)]).toEqual([400, undefined, ['BAD_REQUEST']]);
    // If the invalid bytes had been replaced by a character, the body would have been accepted.
    expect((await postBody(Buffer.from(body.toString()))).status).toBe(200);
  });

  test.each(['utf16le', 'latin1'] as const)('may not be %s, whatever it says: 400', async (encoding) => {
    const body = Buffer.from(JSON.stringify({ query: '{ a: __typename } # é' }), encoding);
    expect((await postBody(body)).status).toBe(400);
    expect((await postBody(body, { 'content-type': `${json}; charset=utf-8` })).status).toBe(400);
    expect((await postBody(body, { 'content-type': `${json}; charset=${encoding}` })).status).toBe(415);
  });

  test('may be nested however deep it is', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const { status } = await postBody(`{"query":"{ __typename }","variables":{"x":${deep}}}`);
    expect(status).toBe(200);
  });
});
