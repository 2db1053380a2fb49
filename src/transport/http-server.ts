import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { Patience, withPatience } from '../database/patience.ts';
import { answerFailure } from './failure.ts';
import { type IsAllowedHost, misdirected } from './hosts.ts';
import { MalformedRequest } from './http-request.ts';
import { parseJsonBytes } from './json.ts';
import { answerRaw, nosniff } from './raw-answer.ts';
import { inRequest } from './request-scope.ts';

export interface HttpServerOptions {
  readonly log: Logger;
  readonly maxBody: number;
  /** Whether browsers may call from an origin. */
  readonly isAllowedOrigin: (origin: string) => boolean;
  /** The flow of a request: the group of its address. */
  readonly flowOf: (request: IncomingMessage) => string;
  readonly deadlines?: ClientDeadlines;
  readonly isAllowedHost: IsAllowedHost;
}

/** How long clients may take, in ms. */
export interface ClientDeadlines {
  /** From the first byte of a request to the end of its headers. */
  readonly headers: number;
  /** From the first byte of a request to the end of its body. */
  readonly request: number;
  /** Without a byte in either direction, while the request is answered. */
  readonly silence: number;
  /** How often the deadlines are checked. */
  readonly interval: number;
}

const ordinaryDeadlines: ClientDeadlines = {
  headers: 10_000,
  request: 30_000,
  silence: 60_000,
  interval: 5_000,
};

/**
 * Fastify with what every route shares: request ids, limits, CORS, and errors that reveal nothing internal.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const server = openFastify(options);
  listenBeside(server.server);
  readJsonAlone(server);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const patience = new Patience({ flow: options.flowOf(request.raw) });
    reply.raw.once('close', () => patience.end());
    withPatience(patience, () => inRequest(() => done(faultOfHost(request)), request.id));
  });
  server.addHook('onRequest', (request, reply, done) => {
    // Probes and scrapers use any address that they know.
    if (anyHost.has(request.routeOptions.url ?? '') || options.isAllowedHost(request.raw)) done();
    else reply.code(misdirected.status).send(misdirected.body);
  });
  await server.register(cors, {
    origin: (origin, decide) => decide(null, origin !== undefined && options.isAllowedOrigin(origin)),
    methods: ['GET', 'POST', 'OPTIONS'],
    exposedHeaders: ['authorization', 'x-request-id', 'retry-after'],
    maxAge: 86_400,
  });
  server.setErrorHandler<FastifyError>(answerFailure);
  server.setNotFoundHandler((_request, reply) => {
    reply
      .code(404)
      .send({ errors: [{ message: 'There is nothing at this path.', extensions: { code: 'NOT_FOUND' } }] });
  });
  return server;
}

function openFastify({ log, maxBody, deadlines = ordinaryDeadlines }: HttpServerOptions): FastifyInstance {
  // Fastify logs warnings and errors only, or less if the level of the log is higher.
  const level = log.isLevelEnabled('warn') ? 'warn' : log.level;
  const logger: FastifyBaseLogger = log.child({}, { level });
  const server: FastifyInstance = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: Number.isFinite(maxBody) ? maxBody : Number.MAX_SAFE_INTEGER,
    // A keep-alive connection must not hold up a graceful stop.
    forceCloseConnections: 'idle',
    requestTimeout: deadlines.request,
    connectionTimeout: deadlines.silence,
    http: {
      connectionsCheckingInterval: deadlines.interval,
      headersTimeout: deadlines.headers,
      // Node's own answer would lack `nosniff`.
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => isWebSocket(request) && server.server.listenerCount('upgrade') > 0,
    },
    return503OnClosing: true,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => answerFailure(error, request, reply),
  });
  return server;
}

/**
 * Accepts JSON bodies only; every other body is answered with 415. Fastify's own parser refuses some keys
 * that JSON allows, and turns bytes that are not UTF-8 into the replacement character.
 */
function readJsonAlone(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBytes(body));
    } catch {
      done(new MalformedRequest('The body must be JSON in UTF-8.'));
    }
  });
}

/**
 * Handles what Node would answer by itself or not at all, before any hooks run. None of these listeners may
 * throw.
 */
function listenBeside(server: Server): void {
  server.prependListener('request', (_request, response) => response.setHeader(...nosniff));
  server.on('checkExpectation', (_request, response) => {
    response.writeHead(417, [...nosniff, 'content-length', '0']).end();
  });
  // This is not a proxy.
  server.on('connect', (_request, stream) => answerRaw(stream, '405 Method Not Allowed'));
}

/** An `Upgrade` to another protocol is only an offer: the request is served with HTTP/1.1 (RFC 9110, 7.8). */
function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/** RFC 9112, 3.2: if there are two hosts, a proxy in front of this server may have used the other one. */
function faultOfHost({ raw }: FastifyRequest): MalformedRequest | undefined {
  const hosts = raw.rawHeaders.filter(
    (text, index) => index % 2 === 0 && text.toLowerCase() === 'host',
  ).length;
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) return undefined;
  return new MalformedRequest('A request must have exactly one Host.');
}

const anyHost: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Answers what is not HTTP, by hand, since there is neither a request nor a response object. */
function refuseUnreadable({ code }: ConnectionError, socket: Socket): void {
  answerRaw(socket, unreadable.get(code ?? '') ?? '400 Bad Request');
}

const unreadable: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);
