import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { captureLog } from '../kit/log.ts';
import { RawConnection, rawRequest } from '../kit/raw.ts';

const app = await startApp({ LOG_LEVEL: 'error' });
const { url, client } = app;
/** Nothing that a client writes may cause a server failure. */
const lines = captureLog(app);

const body = '{"query":"{ __typename }"}';
const json = ['content-type: application/json', `content-length: ${body.length}`];
const post = (headers: readonly string[] = json, text = body) =>
  rawRequest('POST /graphql HTTP/1.1', ['connection: close', ...headers], text);
const say = (text: string) => new RawConnection(url).write(text);
const many = (count: number) => Array.from({ length: count }, (_, n) => `x-${n}: 1`);

describe('is answered', () => {
  test.each<[string, string]>([
    ['HTTP/1.0 with a host', rawRequest('POST /graphql HTTP/1.0', json, body)],
    ['HTTP/1.0 without one', rawRequest('POST /graphql HTTP/1.0', json, body, false)],
    [
      'an absolute target',
      rawRequest('POST http://x/graphql HTTP/1.1', ['connection: close', ...json], body),
    ],
    ['a body in pieces', post([json[0] ?? '', 'transfer-encoding: chunked'], `1a\r\n${body}\r\n0\r\n\r\n`)],
    ['500 headers', post([...json, ...many(500)])],
    ['a header that is no ASCII', post([...json, 'x: é'])],
  ])('%s', async (_, request) => {
    const answer = await say(request).toTheEnd();
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\{"data":\{"__typename":"Query"\}\}/s);
  });

  test('a body that waits to be asked for', async () => {
    const connection = say(post([...json, 'expect: 100-continue'], ''));
    await connection.until('HTTP/1.1 100 Continue\r\n\r\n');
    expect(await connection.write(body).toTheEnd()).toContain('{"data":{"__typename":"Query"}}');
  });

  test('one request behind the other', async () => {
    const request = rawRequest('POST /graphql HTTP/1.1', json, body);
    const answer = await say(request + request + post()).toTheEnd();
    expect(answer.match(/\{"data":\{"__typename":"Query"\}\}/g)).toHaveLength(3);
  });
});

describe('is refused, with nosniff', () => {
  test.each<[string, string, number]>([
    ['no host', rawRequest('GET /healthz HTTP/1.1', ['connection: close'], '', false), 400],
    ['two hosts', rawRequest('GET /healthz HTTP/1.1', ['Host: localhost', 'connection: close']), 400],
    ...['[', 'x y', '', ':', '//', 'é', '<script>', '%', 'a'.repeat(4_000)].map(
      (host): [string, string, number] => [
        `the host ${host.slice(0, 20)}`,
        rawRequest('POST /graphql HTTP/1.1', [`host: ${host}`, 'connection: close', ...json], body, false),
        421,
      ],
    ),
    ['a path that is none', rawRequest('GET /%zz HTTP/1.1', ['connection: close']), 400],
    ['another expectation', post([...json, 'expect: the worst']), 417],
    ['two lengths', post(['content-length: 3', 'content-length: 4']), 400],
    ['a length that is none', post(['content-length: -1']), 400],
    ['a length and pieces', post(['content-length: 26', 'transfer-encoding: chunked']), 400],
    ['pieces that are none', post([json[0] ?? '', 'transfer-encoding: chunked'], 'zzz\r\n'), 400],
    ['a coding that there is not', post([json[0] ?? '', 'transfer-encoding: gzip'], body), 400],
    ['a body compressed', post([...json, 'content-encoding: gzip']), 415],
    ['a length over the limit', post([json[0] ?? '', 'content-length: 99999999'], ''), 413],
    ['a header over the limit', post([...json, `x: ${'x'.repeat(20_000)}`]), 431],
    ['headers over the limit', post([...json, ...many(3_000)]), 431],
    ['a header that is folded', post([...json, 'x: 1\r\n 2']), 400],
    ['a header with a zero', post([...json, 'x: \u0000']), 400],
    ['a method that there is not', rawRequest('HELLO /graphql HTTP/1.1', ['connection: close']), 400],
    ['another version', rawRequest('GET /healthz HTTP/3.0', ['connection: close']), 400],
    ['HTTP/2 without asking', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000', 400],
    ['nothing but lines', `${'\r\n'.repeat(100)}x\r\n\r\n`, 400],
  ])('%s', async (_, request, status) => {
    const answer = (await say(request).toTheEnd()).toLowerCase();
    expect(answer).toMatch(new RegExp(`^http/1\\.1 ${status} `));
    expect(answer).toContain('\r\nx-content-type-options: nosniff\r\n');
    expect((await client.fetch('/healthz', {})).status).toBe(200);
  });
});

test('a connection that is cut in a body, 50 at once', async () => {
  const half = post([json[0] ?? '', 'content-length: 1000']);
  const connections = Array.from({ length: 50 }, () => say(half));
  await Promise.all(connections.map((connection) => connection.written()));
  for (const connection of connections) connection.reset();
  expect(await say(post()).toTheEnd()).toContain('"Query"');
});

test('nothing of this was a failure of the server', () => {
  expect(lines).toEqual([]);
});
