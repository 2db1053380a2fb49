import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import cors from '@fastify/cors';
import {
  type ConnectionError,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  fastify,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { inRequest } from './request-scope.ts';

export interface HttpServerOptions {
  readonly log: Logger;
  readonly maxBody: number;
  /** Origins that browsers may call from; a function decides for each. */
  readonly isAllowedOrigin: (origin: string) => boolean;
}

const nosniff = ['x-content-type-options', 'nosniff'] as const;

/** Fastify with what every route shares: request ids, limits, CORS, and errors that tell nothing of the inside. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  // Of its own, Fastify tells what is wrong and no more; where even that is not wanted, it is as quiet as the rest.
  const level = options.log.isLevelEnabled('warn') ? 'warn' : options.log.level;
  const log: FastifyBaseLogger = options.log.child({}, { level });
  const server = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: Number.isFinite(options.maxBody) ? options.maxBody : Number.MAX_SAFE_INTEGER,
    // A keep-alive connection must not hold up an orderly stop.
    forceCloseConnections: 'idle',
    requestTimeout: 60_000,
    return503OnClosing: true,
    clientErrorHandler: refuseUnreadable,
  });
  // Not by a hook: malformed URLs, and requests that come while it closes, are answered before there are any.
  server.server.prependListener('request', (_request, response) => response.setHeader(...nosniff));
  // Only JSON is read; every other body is answered with 415.
  server.removeContentTypeParser('text/plain');
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    inRequest(done, request.id);
  });
  await server.register(cors, {
    origin: (origin, decide) => decide(null, origin !== undefined && options.isAllowedOrigin(origin)),
    methods: ['GET', 'POST', 'OPTIONS'],
    exposedHeaders: ['authorization', 'x-request-id', 'retry-after'],
    maxAge: 86_400,
  });
  server.setErrorHandler<FastifyError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) request.log.error({ err: error }, 'a request failed');
    const message = status < 500 ? error.message : 'Something went wrong on our side.';
    const code = status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
    reply.code(status).send({ errors: [{ message, extensions: { code, requestId: request.id } }] });
  });
  server.setNotFoundHandler((_request, reply) => {
    reply
      .code(404)
      .send({ errors: [{ message: 'There is nothing here.', extensions: { code: 'NOT_FOUND' } }] });
  });
  return server;
}

/** Answers what is no HTTP at all, by hand: there is neither a request nor a response. */
function refuseUnreadable(error: ConnectionError, socket: Socket): void {
  const status = unreadable.get(error.code) ?? '400 Bad Request';
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${nosniff.join(': ')}\r\n\r\n`,
    );
  }
  socket.destroy();
}

const unreadable: ReadonlyMap<string, string> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
]);
