import { once } from 'node:events';
import { createServer } from 'node:http';
import { makeServer } from 'graphql-ws';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { reviveIncoming } from '../../src/transport/graphql-ws-workarounds.ts';
import { openSocketServer } from '../../src/transport/websocket.ts';
import { eventually } from '../kit/eventually.ts';
import { RawConnection, rawRequest } from '../kit/raw.ts';
import { Socket } from '../kit/socket.ts';
import { whenDone } from '../kit/when-done.ts';

async function open(isFull: () => boolean) {
  const server = createServer();
  whenDone(() => server.close());
  const sockets = openSocketServer({
    server,
    path: '/graphql',
    protocol: makeServer({ jsonMessageReviver: reviveIncoming }),
    log: pino({ level: 'silent' }),
    maxMessage: 1_000,
    isAllowedOrigin: () => false,
    isAllowedHost: () => true,
    addressOf: () => null,
    isFull,
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens at a port.');
  return { sockets, url: `http://127.0.0.1:${address.port}` };
}

test('while there is too much to do, a socket is closed with 1013, which clients come back after', async () => {
  let full = true;
  const server = await open(() => full);
  expect(await (await Socket.open(server)).closed()).toEqual({
    code: 1013,
    reason: 'The service is temporarily unavailable.',
  });
  await expect(Socket.open(server, { origin: 'https://elsewhere.example' })).rejects.toThrow('403');
  full = false;
  await Socket.acknowledged(server);
});

test('after it was closed, a socket is closed with 1012, and one that does not answer is cut', async () => {
  const { sockets, url } = await open(() => false);
  await sockets.close(0);
  expect(await (await Socket.open({ url })).closeCode()).toBe(1012);
  const mute = new RawConnection(url).write(
    rawRequest('GET /graphql HTTP/1.1', [
      'connection: upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol: graphql-transport-ws',
    ]),
  );
  expect(await mute.toTheEnd()).toMatch(/^HTTP\/1\.1 101 /);
  await eventually(() => sockets.size === 0);
});
