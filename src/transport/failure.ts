import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Answers a request that never came to its route's own answer. What Fastify says of it may repeat what the client
 * wrote, so that its words are not passed on.
 */
export function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const status = error.statusCode ?? 500;
  if (status >= 500) request.log.error({ err: error }, 'a request failed');
  const code = status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR';
  const extensions = { code, requestId: request.id };
  reply.code(status).send({ errors: [{ message: messageOf(error, status), extensions }] });
}

function messageOf({ code, message }: FastifyError, status: number): string {
  if (status >= 500) return 'Something went wrong on our side.';
  return typeof code === 'string' ? (messages.get(status) ?? 'The request cannot be read.') : message;
}

const messages: ReadonlyMap<number, string> = new Map([
  [400, 'The request cannot be read: its path or its body is malformed.'],
  [413, 'The body is too large.'],
  [415, 'A body has to be application/json.'],
]);
