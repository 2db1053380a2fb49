import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type Server as GraphQLProtocol, handleProtocols } from 'graphql-ws';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Device, deviceOf } from '../auth/device.ts';
import type { Viewer } from '../auth/viewer.ts';
import { Patience, withPatience } from '../database/patience.ts';
import { isDatabaseUnavailable } from '../database/unavailable.ts';
import { closeCode } from './close-code.ts';
import { closeReason, handleText, isServersMessage, pongTo } from './graphql-ws-workarounds.ts';
import type { IsAllowedHost } from './hosts.ts';
import { payingAddress } from './limits/payer.ts';
import { answerRaw } from './raw-answer.ts';
import { inRequest } from './request-scope.ts';
import type { ResumePoint } from './resume-point.ts';
import { SocketPace } from './socket-pace.ts';
import { refusalOf, refuseUpgrade } from './upgrade.ts';

/** What the server knows of one open socket. */
export interface SocketState {
  readonly socket: WebSocket;
  /** The stream that the socket writes to. */
  readonly stream: Duplex;
  readonly device: Device;
  /** Whether the client wants to know the cost of its operations. */
  readonly reportsCost: boolean;
  viewer: Viewer | null;
  /** Where subscriptions without an `after` of their own begin. */
  resume: ResumePoint | undefined;
  /** Is told of each operation that is refused. */
  readonly pace: SocketPace;
  /** Closes the socket because its client does not keep up. */
  onSlow(): void;
  /** Resolves once all that was written has left, or the socket is gone. */
  drained(): Promise<void>;
  /** Undoes what was set up for the viewer: the timer of the token and the watch over the session. */
  release(): void;
}

export interface SocketServerOptions {
  readonly server: Server;
  readonly path: string;
  readonly protocol: GraphQLProtocol<SocketState>;
  readonly log: Logger;
  /** The most bytes of one message. */
  readonly maxMessage: number;
  readonly isAllowedOrigin: (origin: string) => boolean;
  readonly isAllowedHost: IsAllowedHost;
  readonly addressOf: (request: IncomingMessage) => string | null;
  /** Whether one more socket is too many for now: then it is closed with 1013. */
  readonly isFull: () => boolean;
}

export interface SocketServer {
  readonly size: number;
  /**
   * Closes every socket with 1012, spread over `grace` milliseconds, and from now on each new one at once.
   */
  close(grace: number): Promise<void>;
}

/** In ms. A socket that takes longer than this to answer a ping is dead. */
const heartbeat = 25_000;
/** Bytes that may wait for a slow reader before its socket is closed with 1013. */
const maxBuffered = 1024 * 1024;
const maxFragments = 64;

/** WebSockets on the same port and path as GraphQL over HTTP. */
export function openSocketServer(options: SocketServerOptions): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: Number.isFinite(options.maxMessage) ? options.maxMessage : 0,
    maxFragments,
    perMessageDeflate: false,
    // An unknown subprotocol is accepted at first, so that the client gets 4406; if it were refused, many
    // would see only a failure.
    handleProtocols: (offered) => handleProtocols(offered) || (offered.values().next().value ?? false),
  });
  // ws would answer an invalid handshake without `nosniff`.
  sockets.on('wsClientError', (_error, stream) => answerRaw(stream, '400 Bad Request'));
  let closing = false;
  options.server.on('upgrade', (request, stream, head) => {
    // Nothing above this catches what is thrown here: it would end the process.
    try {
      const refusal = refusalOf(request, options);
      if (refusal) {
        refuseUpgrade(stream, refusal);
        return;
      }
      // A browser can't tell a refused upgrade from a lost network, and most clients then give up. So the
      // socket is opened and closed with a code.
      sockets.handleUpgrade(request, stream, head, (socket) => {
        if (closing) sendAway(socket, closeRestarting);
        else if (options.isFull()) sendAway(socket, closeUnavailable);
        else begin(socket, { request, stream }, options);
      });
    } catch (error) {
      options.log.error({ err: error }, 'an upgrade failed');
      answerRaw(stream, '500 Internal Server Error');
    }
  });
  return {
    get size() {
      return sockets.clients.size;
    },
    async close(grace) {
      closing = true;
      await closeStaggered([...sockets.clients], grace);
    },
  };
}

interface Connected {
  readonly request: IncomingMessage;
  readonly stream: Duplex;
}

/** From here on the stream speaks WebSocket, so an HTTP answer would make no sense. */
function begin(socket: WebSocket, connected: Connected, options: SocketServerOptions): void {
  try {
    serve(socket, connected, options);
  } catch (error) {
    options.log.error({ err: error }, 'a socket could not be served');
    socket.terminate();
  }
}

function serve(socket: WebSocket, { request, stream }: Connected, options: SocketServerOptions): void {
  const { log, protocol, addressOf } = options;
  const state: SocketState = {
    socket,
    stream,
    device: deviceOf(request.headers['user-agent'], addressOf(request)),
    reportsCost: request.headers['x-questline-cost'] === '1',
    viewer: null,
    resume: undefined,
    pace: new SocketPace(socket),
    onSlow: () => closeSlow(socket),
    drained: waiter(stream),
    release: () => undefined,
  };
  const flow = payingAddress(state.device).id;
  const stopHeartbeat = keepAlive(socket);
  const onFailure = (error: unknown) => failed(socket, error, log);
  // After a protocol error, ws closes the socket with the right code (1002, 1007, 1008, 1009).
  socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, data),
      close: (code, reason) => socket.close(code, closeReason(code, reason)),
      onMessage: (handle) => {
        socket.on('message', (data, isBinary) => {
          // Messages after the closing frame are ignored; their sender may go on for long.
          if (socket.readyState !== socket.OPEN) return;
          if (isBinary) {
            closeBad(socket);
            return;
          }
          const work = () => inRequest(async () => handleText(data.toString(), handle));
          withPatience(new Patience({ flow }), work).catch(onFailure);
        });
      },
      onPing: (payload) => send(socket, pongTo(payload)),
    },
    state,
  );
  const end = async (code: number, reason: string) => {
    stopHeartbeat();
    state.resume?.forget();
    try {
      state.release();
    } finally {
      await closed(code, reason);
    }
  };
  socket.once('close', (code, reason) => {
    end(code, reason.toString()).catch((error: unknown) =>
      log.error({ err: error }, 'cleaning up after a socket failed'),
    );
  });
}

/** Closes a socket after a message that could not be handled. */
function failed(socket: WebSocket, error: unknown, log: Logger): void {
  if (isServersMessage(error)) {
    closeBad(socket);
    return;
  }
  log.error({ err: error }, 'a socket message failed');
  // Clients reconnect by themselves after this code, but not after the other.
  if (isDatabaseUnavailable(error)) closeUnavailable(socket);
  else socket.close(closeCode.internalError, 'Internal server error');
}

function closeBad(socket: WebSocket): void {
  socket.close(closeCode.badMessage, 'Invalid message received');
}

function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  if (socket.bufferedAmount > maxBuffered) {
    closeSlow(socket);
    return Promise.resolve();
  }
  // A failed write closes the socket, which ends its subscriptions; there is nobody left to tell.
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/** Closes a socket whose client can't keep up; it can resume from its last cursor without a gap. */
export function closeSlow(socket: WebSocket): void {
  socket.close(closeCode.tryAgainLater, 'This client reads too slowly.');
}

/** Closes a socket if nothing can tell now whether it may go on. */
export function closeUnavailable(socket: WebSocket): void {
  socket.close(closeCode.tryAgainLater, 'The service is temporarily unavailable.');
}

function closeRestarting(socket: WebSocket): void {
  socket.close(closeCode.serviceRestart, 'The server is restarting; reconnect.');
}

/** How long a client has to answer the closing frame, in ms. */
const closingTime = 1_000;

/** Closes a socket that is not served, and does not wait for a client that does not answer. */
function sendAway(socket: WebSocket, close: (socket: WebSocket) => void): void {
  const timer = setTimeout(() => socket.terminate(), closingTime);
  socket.on('error', () => undefined).once('close', () => clearTimeout(timer));
  close(socket);
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) {
      socket.terminate();
      return;
    }
    answered = false;
    socket.ping();
  }, heartbeat);
  return () => clearInterval(timer);
}

/** Many may wait, but share one listener. */
function waiter(stream: Duplex): () => Promise<void> {
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= new Promise<void>((resolve) => {
      const settle = () => {
        stream.off('drain', settle).off('close', settle);
        waiting = undefined;
        resolve();
      };
      if (stream.destroyed) settle();
      else stream.once('drain', settle).once('close', settle);
    });
    return waiting;
  };
}

async function closeStaggered(clients: readonly WebSocket[], grace: number): Promise<void> {
  const pause = clients.length === 0 ? 0 : grace / clients.length;
  for (const [index, socket] of clients.entries()) {
    closeRestarting(socket);
    // Timers count whole milliseconds, so many sockets share one timer.
    if (Math.floor((index + 1) * pause) > Math.floor(index * pause)) await delay(Math.max(1, pause));
  }
  const deadline = Date.now() + closingTime;
  while (clients.some((socket) => socket.readyState !== socket.CLOSED) && Date.now() < deadline)
    await delay(10);
  // Clients that don't answer the closing frame are not waited for.
  for (const socket of clients) socket.terminate();
}
