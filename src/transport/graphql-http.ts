import { ApolloServer, type ApolloServerOptions, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { ApiError } from '../domain/errors.ts';
import type { Logger } from '../logger.ts';
import type { Context } from '../resolvers/context.ts';
import { askedOf } from './asked-fields.ts';
import { buildContext, type ContextSource } from './build-context.ts';
import type { Documents } from './documents.ts';
import type { PresentError } from './errors.ts';
import type { Executor } from './executor.ts';
import { type AdmittedRequest, registerGraphQLRoute } from './graphql-route.ts';
import type { HttpOperationRequest } from './http-request.ts';
import type { Caller } from './limits/payer.ts';
import { readLiveCursorFirst } from './live-cursor.ts';
import { asGraphQLError, type OperationGate, RefusedOperation } from './operation-gate.ts';
import type { IsAllowedOrigin } from './origins.ts';

export interface GraphQLOverHttp {
  readonly log: Logger;
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly gate: OperationGate;
  readonly executor: Executor;
  readonly contexts: ContextSource;
  readonly presentError: PresentError;
  /** Which origins' pages may send a GET. */
  readonly isAllowedOrigin: IsAllowedOrigin;
  currentCursor(): Promise<string>;
  /** @throws ApiError UNAUTHENTICATED */
  identify(request: FastifyRequest): Promise<Caller>;
}

/** GraphQL over HTTP at `/graphql`. */
export async function registerGraphQL(
  fastify: FastifyInstance,
  options: GraphQLOverHttp,
): Promise<ApolloServer<Context>> {
  const apollo = createApollo(options);
  await apollo.start();
  const { presentError, isAllowedOrigin } = options;
  const route = { apollo, presentError, isAllowedOrigin };
  registerGraphQLRoute(fastify, { ...route, admit: (...asked) => admit(...asked, options) });
  return apollo;
}

function createApollo(options: GraphQLOverHttp): ApolloServer<Context> {
  const { documents, presentError, currentCursor } = options;
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
    gateway: ourExecution(options),
    // Without it, Apollo Server writes plain text into a log of JSON.
    logger: options.log,
    // Keeps Apollo Server from reading NODE_ENV.
    nodeEnv: 'production',
    // The gate has checked each document; Apollo Server parses again only those that are too large to be
    // cached.
    documentStore: documents,
    parseOptions: documents.parseOptions,
    dangerouslyDisableValidation: true,
    // The gate has resolved the text of each operation, for HTTP and WebSocket alike.
    persistedQueries: false,
    // Apollo's own prevention would refuse every GET without a special header; the route decides by the
    // request's origin.
    csrfPrevention: false,
    // Our validation rules decide; Apollo's own option would not apply to the WebSocket.
    introspection: true,
    formatError: (_formatted, error) => presentError(error),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // Apollo's cache control would instrument every field; `no-store` is set on each answer.
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      // Environment variables of Apollo's (APOLLO_KEY and others) would make it report operations to Apollo.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      beforeExecution,
    ],
  });
}

type Gateway = NonNullable<ApolloServerOptions<Context>['gateway']>;

/** Apollo Server's hook for delegating execution; the WebSocket uses the same executor. */
function ourExecution({ schema, executor }: GraphQLOverHttp): Gateway {
  return {
    onSchemaLoadOrUpdate(tell) {
      tell({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({
      executor: async ({ document, request: { operationName, variables }, context }) =>
        executor.run({ document, operationName, variableValues: variables, contextValue: context }),
    }),
    stop: async () => undefined,
  };
}

/** What an operation is executed with, or why it is refused. */
async function admit(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: HttpOperationRequest,
  { contexts, gate, identify }: GraphQLOverHttp,
): Promise<AdmittedRequest | RefusedOperation> {
  try {
    const caller = await identify(request);
    const admitted = await gate.admit(operation, caller);
    if (admitted instanceof RefusedOperation) return admitted;
    const announceToken = (token: string) => void reply.header('authorization', `Bearer ${token}`);
    const asked = askedOf(admitted.document, admitted.operation);
    const context = buildContext(contexts, { ...caller, announceToken }, { asked });
    if (request.headers['x-questline-cost'] === '1') context.reportedCost = admitted.cost;
    return { context, query: admitted.query };
  } catch (error) {
    if (error instanceof ApiError && error.code === 'UNAUTHENTICATED')
      reply.header('www-authenticate', 'Bearer');
    return new RefusedOperation([asGraphQLError(error)]);
  }
}

/** Apollo Server would execute a subscription like a query. */
function refuseSubscription(operation: OperationDefinitionNode | undefined): void {
  if (operation?.operation !== 'subscription') return;
  throw new GraphQLError('Subscriptions are served over a WebSocket.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}
