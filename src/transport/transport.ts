import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { type Device, deviceOf } from '../auth/device.ts';
import type { Keys } from '../auth/keys.ts';
import type { Authenticate } from '../auth/viewer.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/database.ts';
import type { SharedRedis } from '../database/redis.ts';
import type { Logger } from '../logger.ts';
import { Hub } from '../pubsub/hub.ts';
import type { PubSub } from '../pubsub/pubsub.ts';
import { LiveCursors } from '../schema/live-cursors.ts';
import type { AppliedEvents } from '../services/applied-events.ts';
import type { ProviderService } from '../services/provider.service.ts';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { Documents } from './documents.ts';
import { errorPresenter } from './errors.ts';
import { Executor } from './executor.ts';
import { registerGraphiql } from './graphiql.ts';
import { registerGraphQL } from './graphql-http.ts';
import { createProtocol } from './graphql-ws.ts';
import { type Check, registerHealth } from './health.ts';
import { hostRule } from './hosts.ts';
import { createHttpServer } from './http-server.ts';
import { KnownDocuments } from './known-documents.ts';
import { OperationQuota } from './limits/operation-quota.ts';
import { type Caller, payingAddress } from './limits/payer.ts';
import { openSharedLimits, type SharedLimits } from './limits/shared-limits.ts';
import { LivePayers } from './live-payers.ts';
import type { LiveSubscriber } from './live-subscriber.ts';
import { Load } from './load.ts';
import { type Metrics, observe, registerMetrics } from './metrics.ts';
import { OperationGate } from './operation-gate.ts';
import { httpUrl, type IsAllowedOrigin, type OwnAddress } from './origins.ts';
import { registerPictures } from './pictures.ts';
import { registerProviders } from './provider-routes.ts';
import { Rendering } from './rendering.ts';
import type { SocketSessions, WatchSession } from './socket-session.ts';
import { SubscriptionQuota } from './subscription-quota.ts';
import { unusableAddress } from './unusable-address.ts';
import { openSocketServer } from './websocket.ts';

export interface TransportOptions {
  readonly config: Config;
  /** Its `url` is set here, once the port is known. */
  readonly own: OwnAddress;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly log: Logger;
  readonly database: Database;
  /** Redis, shared with other processes; undefined if this one serves alone. */
  readonly redis: SharedRedis | undefined;
  readonly pubsub: PubSub;
  readonly applied: AppliedEvents;
  readonly schema: GraphQLSchema;
  readonly authenticate: Authenticate;
  readonly isLive: SocketSessions['isLive'];
  readonly watchSession: WatchSession;
  readonly keys: Pick<Keys, 'jwks' | 'secretFor'>;
  readonly providers: ProviderService;
  readonly metrics: Metrics;
  /** The checks of `/readyz`, by name. */
  readonly checks: Readonly<Record<string, Check>>;
  /** SVGs by path. */
  readonly pictures: ReadonlyMap<string, string>;
  /** The directory that GraphiQL's page was built to. */
  readonly graphiqlDir: string;
}

export interface Transport {
  /** `http://host:port`, with the actual port. */
  readonly url: string;
  /** Stops being ready, closes all sockets, and then finishes running requests. */
  close(): Promise<void>;
}

/** Opens the one port on which everything is served. */
export async function startTransport(options: TransportOptions): Promise<Transport> {
  const { config, log, pubsub, metrics, own, isAllowedOrigin } = options;
  let draining = false;
  const addressOf = clientAddress(config.trustProxy);
  const server = await createHttpServer({
    log,
    flowOf: (request) => payingAddress({ ipAddress: addressOf(request) }).id,
    maxBody: config.limits.body,
    isAllowedOrigin,
    isAllowedHost: hostRule(config),
  });
  const load = new Load({ longestWait: () => options.database.longestWait() });
  load.guard(server);
  const api = config.servesApi ? await openApi(server, options, { addressOf, load }) : noApi;
  registerHealth(server, {
    checks: options.checks,
    isDraining: () => draining,
    isOverloaded: () => load.isTooMuch(),
  });
  observe(metrics, {
    openSockets: () => api.sockets(),
    liveOperations: () => api.live.operations,
    liveSubscribers: () => api.live.subscribers,
    relayLag: async () => (await pubsub.lag()).rows,
  });
  registerMetrics(server, metrics);
  const url = await listen(server, config);
  own.url ??= url;
  return {
    url,
    async close() {
      draining = true;
      await api.closeSockets();
      await closeServer(server);
      await api.stop();
    },
  };
}

/**
 * How long running requests may take once every socket is closed, in ms: the process has to end within 10 s.
 */
const lastRequests = 4_000;
/** How often idle connections are closed then, in ms. */
const sweepMs = 20;

/**
 * Closes the server. A client that holds a connection open without finishing its request or reading its
 * answer is not waited for beyond `lastRequests`.
 */
async function closeServer(server: FastifyInstance): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), lastRequests);
  // `server.close` closes idle connections once; one that was busy then would stay open after its answer.
  const sweep = setInterval(() => server.server.closeIdleConnections(), sweepMs);
  try {
    await server.close();
  } finally {
    clearTimeout(timer);
    clearInterval(sweep);
  }
}

/** The API for clients, on the server that also answers for health and metrics. */
interface Api {
  sockets(): number;
  readonly live: Pick<Hub<LiveSubscriber>, 'operations' | 'subscribers'>;
  closeSockets(): Promise<void>;
  /** Called after the last request. */
  stop(): Promise<void>;
}

/** A worker serves no clients. */
const noApi: Api = {
  sockets: () => 0,
  live: { operations: 0, subscribers: 0 },
  closeSockets: async () => undefined,
  stop: async () => undefined,
};

async function openApi(
  server: FastifyInstance,
  options: TransportOptions,
  { addressOf, load }: { readonly addressOf: ClientAddress; readonly load: Load },
): Promise<Api> {
  const { config, log, isAllowedOrigin } = options;
  const limits = await openSharedLimits({ limits: config.limits, redis: options.redis, log });
  const graphql = graphqlOver(options, { addressOf, load, ...limits });
  const sockets = openSocketServer({
    server: server.server,
    path: '/graphql',
    protocol: createProtocol(graphql),
    log,
    maxMessage: config.limits.message,
    isAllowedOrigin,
    isAllowedHost: hostRule(config),
    addressOf,
    isFull: () => load.refusesSockets(),
  });
  const apollo = await registerGraphQL(server, graphql);
  registerRoot(server, options);
  await registerProviders(server, {
    service: options.providers,
    deviceOf: deviceOfRequest(addressOf),
    pay: (device, points) => limits.rates.take(payingAddress(device), points),
  });
  registerPictures(server, options.pictures);
  await registerGraphiql(server, {
    enabled: config.graphiql,
    assetsDir: options.graphiqlDir,
    demoAccounts: config.seedDemo,
  });
  return {
    sockets: () => sockets.size,
    live: graphql.hub,
    closeSockets: () => sockets.close(config.stopGrace),
    async stop() {
      await apollo.stop();
      await limits.close();
    },
  };
}

/**
 * Characters that may be read for an answer beyond its own limit: rows have more columns than were asked for.
 */
const readBesides = 4 * 1024 * 1024;

/** Next to package.json; written by `npm run codegen`. */
const trustedDocuments = fileURLToPath(new URL('../../trusted-documents.json', import.meta.url));

/** What GraphQL over HTTP and over WebSocket share. */
function graphqlOver(
  options: TransportOptions,
  { addressOf, load, rates, socketQuota }: SharedLimits & { addressOf: ClientAddress; load: Load },
) {
  const { config, log, database, pubsub, applied, schema, authenticate, isLive, watchSession } = options;
  const device = deviceOfRequest(addressOf);
  const { limits } = config;
  const cursors = new LiveCursors(options.keys.secretFor('live cursors'));
  const suggestions = !config.production;
  const documents = new Documents(schema, {
    maxTokens: limits.tokens,
    maxDepth: limits.depth,
    maxAliases: limits.aliases,
    maxDirectives: limits.directives,
    introspection: config.introspection,
    suggestions,
  });
  const known = new KnownDocuments(config.trustedDocumentsOnly ? trustedDocuments : undefined);
  const contexts = { database, live: pubsub, cursors, applied, mostRead: limits.answer + readBesides };
  const rendering = new Rendering({
    contexts,
    connections: Math.max(1, Math.floor(config.databasePool / 4)),
  });
  return {
    log,
    schema,
    load,
    documents,
    known,
    gate: new OperationGate({ schema, documents, known, rates, maxCost: limits.cost, suggestions }),
    presentError: errorPresenter(log),
    isAllowedOrigin: options.isAllowedOrigin,
    executor: new Executor({ schema, maxAnswer: limits.answer }),
    maxAnswer: limits.answer,
    contexts,
    rendering,
    hub: new Hub<LiveSubscriber>({ database: rendering.database(), feed: pubsub.feed, log }),
    livePayers: new LivePayers({ ofUser: limits.liveOfUser, ofAddress: limits.liveOfAddress, rates }),
    rates,
    socketQuota,
    operationQuota: new OperationQuota(config.limits),
    subscriptionQuota: new SubscriptionQuota(config.limits.subscriptions),
    currentCursor: async () => cursors.encode(await pubsub.currentSeq()),
    identify: async (request: FastifyRequest): Promise<Caller> => ({
      viewer: await authenticate(request.headers.authorization),
      device: device(request),
    }),
    authenticate,
    isLive,
    watchSession,
  };
}

function deviceOfRequest(addressOf: ClientAddress): (request: FastifyRequest) => Device {
  return ({ headers, raw }) => deviceOf(headers['user-agent'], addressOf(raw));
}

function registerRoot(server: FastifyInstance, { config, keys }: TransportOptions): void {
  server.get('/', (_request, reply) => {
    if (config.graphiql) return reply.redirect('/graphiql', 302);
    return reply.send({ name: 'Questline', graphql: '/graphql' });
  });
  server.get('/.well-known/jwks.json', (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300').send(keys.jwks);
  });
}

/**
 * Connections that wait to be accepted; the system may have a lower limit. Past Node's default of 511, a
 * burst of new connections would make clients, whoever they are, retry after 1, 3 and 7 seconds (RFC 6298).
 */
const backlog = 4_096;

async function listen(server: FastifyInstance, { host, port }: Config): Promise<string> {
  try {
    await server.listen({ host, port, backlog });
  } catch (error) {
    throw unusableAddress(error, { host, port }) ?? error;
  }
  const address = server.server.address();
  const served = typeof address === 'object' && address !== null ? address.port : port;
  return httpUrl(host, served);
}
