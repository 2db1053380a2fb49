import { describe, expect, test } from 'vitest';
import { startApp } from '../kit/app.ts';
import { RawConnection, rawRequest } from '../kit/raw.ts';

const { url, client } = await startApp();

const version = 'sec-websocket-version: 13';
const key = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
const protocol = 'sec-websocket-protocol: graphql-transport-ws';
const upgrade = ['connection: upgrade', 'upgrade: websocket'];
const handshake = [...upgrade, version, key, protocol];
const open = (target: string, headers: readonly string[] = handshake) =>
  rawRequest(`GET ${target} HTTP/1.1`, headers);
const say = (text: string) => new RawConnection(url).write(text);
const switched = /^HTTP\/1\.1 101 .*\r\n\r\n/s;

async function serves(): Promise<void> {
  expect((await client.fetch('/healthz', {})).status).toBe(200);
  await say(open('/graphql?x=1')).until(switched);
}

/** A text frame from a client (RFC 6455, section 5.2), masked with zeros. */
function frame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

const long = 'x'.repeat(14_000);
const refused: [why: string, request: string, status: number][] = [
  ...[
    '//',
    '///',
    '//graphql',
    '//[',
    '/\\',
    '/%',
    '/%zz',
    '/graphql/',
    '/graphql%00',
    '/graphql//',
    '/.',
    `/${long}`,
  ].map((target): [string, string, number] => [`the path ${target.slice(0, 20)}`, open(target), 404]),
  ...['http://x/', 'http://x', 'http://x:99999/', 'ws://x/'].map((target): [string, string, number] => [
    `the target ${target}`,
    open(target),
    404,
  ]),
  ...['http://[', 'http://', '*', '?', 'graphql', '[::1]', ':', 'http:'].map(
    (target): [string, string, number] => [`the malformed target ${target}`, open(target), 400],
  ),
  ['no host', rawRequest('GET /graphql HTTP/1.1', handshake, '', false), 400],
  ['no key', open('/graphql', [...upgrade, version, protocol]), 400],
  ['a key that is none', open('/graphql', [...upgrade, version, 'sec-websocket-key: x', protocol]), 400],
  ['no version', open('/graphql', [...upgrade, key, protocol]), 426],
  ...['0', '7', '8', 'x', '13, 8', ''].map((other): [string, string, number] => [
    `version ${other}`,
    open('/graphql', [...upgrade, key, `sec-websocket-version: ${other}`]),
    426,
  ]),
  [
    'a malformed subprotocol',
    open('/graphql', [...upgrade, version, key, 'sec-websocket-protocol: a,,b']),
    400,
  ],
  ['a wrong origin', open('/graphql', [...handshake, 'origin: https://evil.example']), 403],
  ['an origin that is none', open('/graphql', [...handshake, 'origin: http://[']), 403],
  ['CONNECT', rawRequest('CONNECT questline:443 HTTP/1.1'), 405],
  ['CONNECT to a path', rawRequest('CONNECT /graphql HTTP/1.1', handshake), 400],
  ['CONNECT to nothing', rawRequest('CONNECT : HTTP/1.1'), 400],
];

describe('an upgrade is refused, and the server goes on', () => {
  test.each(refused)('for %s', async (_, request, status) => {
    const answer = await say(request).toTheEnd();
    // Malformed HTTP is refused before the server looks at the request.
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status === 400 ? '40\\d' : status} `));
    expect(answer.toLowerCase()).toContain('\r\nx-content-type-options: nosniff\r\n');
    await serves();
  });

  test('with the version that there is', async () => {
    const answer = await say(open('/graphql', [...upgrade, key, 'sec-websocket-version: 99'])).toTheEnd();
    expect(answer).toContain('\r\nsec-websocket-version: 13\r\n');
  });

  test('and what was sent behind it is not answered', async () => {
    const answer = await say(open('//') + rawRequest('GET /healthz HTTP/1.1') + long).toTheEnd();
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    await serves();
  });

  test('50 at once', async () => {
    const targets = ['//', 'http://[', '/nothing', '*', `/${long}`];
    const all = Array.from({ length: 50 }, (_, n) => say(open(targets[n % targets.length] ?? '')).toTheEnd());
    for (const answer of await Promise.all(all)) expect(answer).toMatch(/^HTTP\/1\.1 40\d /);
    await serves();
  });
});

describe('an upgrade is granted', () => {
  test.each([
    '/graphql',
    '/graphql?',
    '/graphql?x=1',
    '/graphql?//',
    `/graphql?${long}`,
    'http://x/graphql',
    'HTTPS://[x/graphql?y',
  ])('for %s', async (target) => {
    await say(open(target)).until(switched);
  });

  test('with what was sent behind it', async () => {
    const connection = say(open('/graphql'))
      .write(frame('{"type":"connection_init"}'))
      .write(frame('{"type":"ping"}'));
    await connection.until('pong');
    await connection.until('connection_ack');
  });

  test('and what follows it may be garbage', async () => {
    const heard = await say(open('/graphql') + rawRequest('GET /healthz HTTP/1.1')).toTheEnd();
    expect(heard).toMatch(switched);
    await serves();
  });
});

describe('a connection that is cut', () => {
  test('in the middle of a handshake, or behind it, 50 at once', async () => {
    const whole = open('/graphql');
    for (const text of [whole.slice(0, 40), whole.slice(0, -2), whole, open('//'), whole + long]) {
      const connections = Array.from({ length: 50 }, () => say(text));
      await Promise.all(connections.map((connection) => connection.written()));
      for (const connection of connections) connection.reset();
    }
    await serves();
  });
});

describe('another protocol is not changed to: the request goes on in HTTP/1.1', () => {
  test.each(['h2c', 'foo', 'websocket, foo', ''])('such as %j', async (name) => {
    const headers = [
      'connection: upgrade, http2-settings',
      `upgrade: ${name}`,
      'http2-settings: AAMAAABkAAQAAP__',
    ];
    const answer = await say(rawRequest('GET /healthz HTTP/1.1', headers)).until('"ok"');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const body = '{"query":"{ __typename }"}';
    const post = [...headers, 'content-type: application/json', `content-length: ${body.length}`];
    await say(rawRequest('POST /graphql HTTP/1.1', post, body)).until('"Query"');
  });
});
