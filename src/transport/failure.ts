import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable } from '../database/unavailable.ts';

/**
 * Answers a request that failed before its route could answer. Fastify's message may repeat what the client
 * sent, so it is replaced.
 */
export function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? (isDatabaseUnavailable(error) ? 503 : 500);
  if (status >= 500) request.log.error({ err: error }, 'a request failed');
  if (status === 503) reply.header('retry-after', '1');
  const extensions = { code: codeOf(status), requestId: request.id };
  reply.code(status).send({ errors: [{ message: messageOf(error, status), extensions }] });
}

function messageOf({ code, message }: FastifyError, status: number): string {
  if (status === 503) return 'The service is temporarily unavailable. Try again.';
  if (status >= 500) return 'Something went wrong on our side.';
  return typeof code === 'string' ? (messages.get(status) ?? 'The request cannot be read.') : message;
}

function codeOf(status: number): string {
  if (status === 503) return 'SERVICE_UNAVAILABLE';
  return status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST';
}

const messages: ReadonlyMap<number, string> = new Map([
  [400, 'The request cannot be read: its path or its body is malformed.'],
  [413, 'The body is too large.'],
  [415, 'The body must be application/json.'],
]);
