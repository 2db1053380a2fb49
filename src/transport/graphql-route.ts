import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Context } from '../resolvers/context.ts';
import { type AnswerType, answerTypeFor, plainJson } from './answer-type.ts';
import type { PresentError } from './errors.ts';
import { answerFailure } from './failure.ts';
import {
  type HttpOperationRequest,
  MalformedRequest,
  readOperation,
  requirePlainBody,
} from './http-request.ts';
import { RefusedOperation } from './operation-gate.ts';
import type { IsAllowedOrigin } from './origins.ts';

/** An operation that may be executed. */
export interface AdmittedRequest {
  readonly context: Context;
  /** The text of its document. */
  readonly query: string;
}

export interface GraphQLRoute {
  readonly apollo: ApolloServer<Context>;
  readonly presentError: PresentError;
  readonly isAllowedOrigin: IsAllowedOrigin;
  /** Never rejects. */
  admit(
    request: FastifyRequest,
    reply: FastifyReply,
    operation: HttpOperationRequest,
  ): Promise<AdmittedRequest | RefusedOperation>;
}

/**
 * The HTTP part of GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/): what a request has
 * to look like, and which status and type its answer has. Apollo Server gets only well-formed requests and
 * does the GraphQL part.
 */
export function registerGraphQLRoute(fastify: FastifyInstance, options: GraphQLRoute): void {
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    async preParsing(request) {
      if (request.method === 'POST') requirePlainBody(request.headers);
    },
    handler: (request, reply) => answer(request, reply, options),
    errorHandler(error, request, reply) {
      reply.type(typeOf(answerTypeFor(request.headers.accept) ?? plainJson));
      answerFailure(error, request, reply);
    },
    async onSend(_request, reply, payload) {
      reply.header('cache-control', 'no-store');
      return payload;
    },
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  { apollo, presentError, isAllowedOrigin, admit }: GraphQLRoute,
): Promise<string> {
  const search = searchOf(request.url);
  const operation = readOperation({ ...partsOf(request), search, isAllowedOrigin });
  const type = answerTypeFor(request.headers.accept);
  // Refused before execution: a mutation that has run can't be refused any more.
  if (type === undefined) throw new MalformedRequest('The answer is JSON, which Accept does not take.', 406);
  const admitted = await admit(request, reply, operation);
  if (admitted instanceof RefusedOperation) {
    const refusal = JSON.stringify({ errors: admitted.errors.map(presentError) });
    reply.type(typeOf(type)).code(statusOf(400, refusal, type, reply));
    return refusal;
  }
  const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: apolloRequest(request, { ...operation, query: admitted.query }, type),
    context: async () => admitted.context,
  });
  if (body.kind !== 'complete') throw new Error('Answers are given in one piece.');
  for (const [name, value] of headers) reply.header(name, value);
  reply.type(typeOf(type)).code(statusOf(status ?? 200, body.string, type, reply));
  return body.string;
}

function partsOf({ method, headers, body }: FastifyRequest) {
  return { method, headers, body };
}

/** Does not use `URL`, which throws on some of what clients may send here and in `Host`. */
function searchOf(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start + 1);
}

function typeOf(type: AnswerType): string {
  return `${type}; charset=utf-8`;
}

/** Both GET and POST in the form that Apollo Server expects, with nothing left for it to choose. */
function apolloRequest(
  request: FastifyRequest,
  { query, operationName, variables }: HttpOperationRequest,
  accept: AnswerType,
): HTTPGraphQLRequest {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  headers.set('accept', accept);
  const asked = { query, operationName, variables };
  if (request.method === 'POST') return { method: 'POST', headers, search: '', body: asked };
  return { method: 'GET', headers, search: searchFor(asked), body: undefined };
}

function searchFor(operation: Partial<HttpOperationRequest>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(operation)) {
    if (value !== null) parameters.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return `?${parameters}`;
}

/** The status for each error code of a request that was not executed; 400 for any other code. */
const statuses: ReadonlyMap<string, number> = new Map([
  // Not a failure: the client is asked to send the text.
  ['PERSISTED_QUERY_NOT_FOUND', 200],
  ['UNAUTHENTICATED', 401],
  ['FORBIDDEN', 403],
  ['RATE_LIMITED', 429],
  ['INTERNAL_SERVER_ERROR', 500],
  ['SERVICE_UNAVAILABLE', 503],
]);

const refusal = z.object({
  errors: z
    .array(z.object({ extensions: z.object({ code: z.string(), retryAfter: z.number().optional() }) }))
    .min(1),
});

/**
 * With `application/json`, errors are told in the body alone; the newer type also tells them by the status.
 */
function statusOf(given: number, body: string, type: AnswerType, reply: FastifyReply): number {
  // 405 is about the HTTP method, not about the GraphQL.
  if (given < 400 || given === 405) return given;
  const { data } = refusal.safeParse(JSON.parse(body));
  const { code = 'INTERNAL_SERVER_ERROR', retryAfter } = data?.errors[0]?.extensions ?? {};
  if (retryAfter !== undefined) reply.header('retry-after', Math.ceil(retryAfter));
  if (type === plainJson) return 200;
  return statuses.get(code) ?? 400;
}
