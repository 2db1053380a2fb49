import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Viewer } from '../../src/auth/viewer.ts';
import { noDevice } from '../../src/transport/build-context.ts';
import { SocketPace } from '../../src/transport/socket-pace.ts';
import type { SocketState } from '../../src/transport/websocket.ts';
import { whenDone } from '../kit/when-done.ts';

/** Both ends of a WebSocket, and the stream to which the server's end writes. */
export async function openPair() {
  const server = createServer();
  whenDone(() => server.close());
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const upgraded = Promise.withResolvers<{ socket: WebSocket; stream: Duplex }>();
  server.on('upgrade', (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, (socket) => upgraded.resolve({ socket, stream }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('It listens at a port.');
  const client = new WebSocket(`ws://127.0.0.1:${address.port}`);
  whenDone(() => client.terminate());
  const { socket, stream } = await upgraded.promise;
  if (client.readyState !== client.OPEN) await once(client, 'open');
  return { client, socket, stream };
}

/** A payer who pays nothing. */
export const free = { key: 'free', charge: () => undefined, room: () => Promise.resolve() };

/** The server's state of a socket, for a viewer or for nobody. */
export function stateOf(
  viewer: Viewer | null,
  given: Pick<SocketState, 'socket' | 'stream'> & Partial<SocketState>,
): SocketState {
  return {
    reportsCost: false,
    device: noDevice,
    viewer,
    resume: undefined,
    pace: new SocketPace(given.socket),
    onSlow: () => undefined,
    drained: () => Promise.resolve(),
    release: () => undefined,
    ...given,
  };
}

export function viewerOf(sessionId: string, role: Viewer['role'] = 'USER'): Viewer {
  return {
    accountId: `account of ${sessionId}`,
    sessionId,
    role,
    issuedAt: new Date(0),
    expiresAt: new Date(0),
  };
}
