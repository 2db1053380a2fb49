import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { Context } from '../resolvers/context.ts';
import { ApiError } from '../services/api-error.ts';
import { buildContext, type ContextSource, type Requester } from './build-context.ts';
import type { Documents } from './documents.ts';
import type { PresentError } from './errors.ts';
import { readLiveCursorFirst } from './live-cursor.ts';

export interface GraphQLOverHttp {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly contexts: ContextSource;
  readonly presentError: PresentError;
  currentCursor(): Promise<string>;
  /** @throws ApiError UNAUTHENTICATED */
  identify(request: FastifyRequest): Promise<Requester>;
}

/** GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/) at `/graphql`. */
export async function registerGraphQL(
  fastify: FastifyInstance,
  options: GraphQLOverHttp,
): Promise<ApolloServer<Context>> {
  const apollo = createApollo(options);
  await apollo.start();
  const handle = fastifyApolloHandler(apollo, { context: contextOf(options) });
  fastify.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    handler: handle,
    async onSend(request, reply, payload) {
      reply.header('cache-control', 'no-store');
      if (isWellFormed(request) && isAboutTheGraphQL(reply)) reply.code(200);
      return payload;
    },
  });
  return apollo;
}

function createApollo({
  schema,
  documents,
  presentError,
  currentCursor,
}: GraphQLOverHttp): ApolloServer<Context> {
  const beforeExecution: ApolloServerPlugin<Context> = {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, contextValue }) {
          refuseSubscription(operation);
          await readLiveCursorFirst(document, contextValue, currentCursor);
        },
      };
    },
  };
  return new ApolloServer<Context>({
    schema,
    documentStore: documents,
    parseOptions: documents.parseOptions,
    validationRules: documents.rules,
    validationOptions: documents.validationOptions,
    // The rules above decide; Apollo's own switch would not reach the WebSocket.
    introspection: true,
    formatError: (_formatted, error) => presentError(error),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // Its cache control would instrument every field; `no-store` is set on each answer.
    plugins: [ApolloServerPluginCacheControlDisabled(), beforeExecution],
  });
}

function contextOf({ contexts, identify }: GraphQLOverHttp) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<Context> => {
    const requester = await identify(request).catch(withStatus);
    const announceToken = (token: string) => void reply.header('authorization', `Bearer ${token}`);
    return buildContext(contexts, { ...requester, announceToken });
  };
}

/** Apollo Server would execute one as if it were a query. */
function refuseSubscription(operation: OperationDefinitionNode | undefined): void {
  if (operation?.operation !== 'subscription') return;
  throw new GraphQLError('Subscriptions are served over a WebSocket.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}

/** Nobody is known yet who could be answered: without a status of its own, a bad token would be a 500. */
function withStatus(error: unknown): never {
  if (!(error instanceof ApiError) || error.code !== 'UNAUTHENTICATED') throw error;
  const headers = new HeaderMap([['www-authenticate', 'Bearer']]);
  throw new GraphQLError(error.message, {
    originalError: error,
    extensions: { code: error.code, http: { status: 401, headers } },
  });
}

/** A request whose form is right; what is wrong with its GraphQL is then told in the body alone. */
function isWellFormed(request: FastifyRequest): boolean {
  if (request.method === 'POST') return request.body !== undefined;
  return 'apollo-require-preflight' in request.headers || 'x-apollo-operation-name' in request.headers;
}

/** By the draft, `application/json` answers 200 wherever the request was well formed; the newer type says 4xx. */
function isAboutTheGraphQL(reply: FastifyReply): boolean {
  const type = String(reply.getHeader('content-type'));
  return (
    type.startsWith('application/json') &&
    (reply.statusCode === 400 ||
      reply.statusCode === 401 ||
      reply.statusCode === 403 ||
      reply.statusCode === 500)
  );
}
