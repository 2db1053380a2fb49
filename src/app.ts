import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { type Keys, loadKeys } from './auth/keys.ts';
import { createAuthenticate, createIsLive } from './auth/viewer.ts';
import { closeOnce, closePart } from './closing.ts';
import type { Config } from './config.ts';
import { migrate } from './database/migrate.ts';
import { openSharedRedis } from './database/redis.ts';
import { openSignals, type Signals } from './database/signals.ts';
import { entities } from './entities/index.ts';
import { createLogger, type Logger } from './logger.ts';
import { openConfiguredDatabase } from './open-database.ts';
import { eventsChannel, Worker } from './pipeline/worker.ts';
import { createPubSub } from './pubsub/pubsub.ts';
import { createResolvers, resolverClasses } from './resolvers/index.ts';
import { buildSchema } from './schema/build-schema.ts';
import { DemoData } from './seed/demo.ts';
import { demoPictures } from './seed/pictures.ts';
import { appliedChannel } from './services/applied-events.ts';
import { createServices, type Services } from './services/services.ts';
import { Sweeper } from './services/sweeper.ts';
import { createMetrics } from './transport/metrics.ts';
import { addressOf, type OwnAddress, originRule } from './transport/origins.ts';
import { currentRequestId } from './transport/request-scope.ts';
import { startTransport, type Transport, type TransportOptions } from './transport/transport.ts';
import { watchSessions } from './transport/watch-sessions.ts';

export interface App {
  /** The address at which it serves: `http://host:port`. */
  readonly url: string;
  readonly log: Logger;
  /** Whether REDIS_URL is set, and Redis was unreachable at the end of the start. */
  readonly redisAway: boolean;
  /** Whether this start wrote the demo data. */
  readonly seeded: boolean;
  /** Stops everything in order, once, whoever calls it and however often. */
  close(): Promise<void>;
}

/** How long running work may take to end in order, besides the time that sockets are given, in ms. */
const longestEnd = 4_500;
/** Used unless PUBLIC_URL is set: tokens are valid for all instances anyway. */
const defaultIssuer = 'questline';

/**
 * Starts Questline with these settings, and returns when it serves.
 * @throws if a part cannot be started; what was started by then has been stopped again
 */
export async function createApp(config: Config): Promise<App> {
  const log = createLogger(config.logLevel, currentRequestId);
  const metrics = createMetrics();
  const keys = await loadKeys({
    privateKey: config.jwtPrivateKey,
    previousPublicKeys: config.jwtPreviousPublicKeys,
    secret: config.jweSecret,
    dataDir: config.dataDir,
  });
  const onStatement = metrics.countStatement;
  const database = await openConfiguredDatabase(config, { entities, log, onStatement });
  const parts = new AsyncDisposableStack();
  parts.adopt(database, closePart);
  const close = closeOnce(parts, config.stopGrace + longestEnd, () => {
    log.warn('PostgreSQL delays the stop: pending statements are abandoned');
    database.abandon();
  });
  try {
    const started = await start(config, { log, metrics, keys, database }, parts);
    return { ...started, log, close };
  } catch (error) {
    await close().catch((failure: unknown) => log.error({ err: failure }, 'a part could not be stopped'));
    throw error;
  }
}

/** What every part needs. */
type Base = Pick<TransportOptions, 'log' | 'metrics' | 'database'> & { readonly keys: Keys };

async function start(config: Config, base: Base, parts: AsyncDisposableStack) {
  const { log, database } = base;
  const { redisUrl, redisPrefix, liveRetention: retentionMs } = config;
  await migrate(database, log);
  const signals = parts.adopt(openSignals({ database, log }), closePart);
  const pubsub = parts.adopt(
    await createPubSub({ database, signals, log, redisUrl, redisPrefix, retentionMs }),
    closePart,
  );
  const redis =
    redisUrl === undefined ? undefined : await openSharedRedis(redisUrl, redisPrefix, database, log);
  if (redis !== undefined) parts.adopt(redis, closePart);
  const own: OwnAddress = { url: config.publicUrl };
  const isAllowedOrigin = originRule(config, own);
  const services = createServices({
    ...base,
    redis,
    outbox: pubsub.outbox,
    signals,
    wakeWorkers: () => signals.notify(eventsChannel),
    issuer: config.publicUrl ?? defaultIssuer,
    accessTokenTtl: config.accessTokenTtl,
    refreshTokenTtl: config.refreshTokenTtl,
    providers: config.providers,
    wayBack: { isAllowedOrigin, publicUrl: () => addressOf(own) },
    mostEvents: config.limits.events,
  });
  const shared = { ...base, signals, pubsub, redis, own, isAllowedOrigin, services };
  parts.adopt(services.activity, closePart);
  if (config.appliesEvents) parts.adopt(startWorker(config, shared), closePart);
  parts.adopt(new Sweeper({ database, log }), closePart);
  const demo = config.seedDemo ? new DemoData(database, services.passwords) : undefined;
  const transport = parts.adopt(await serve(config, shared, demo), closePart);
  // The first part to be closed: those who wait get their answer, and the transport has less to wait for.
  parts.adopt(services.applied, closePart);
  // Only now is the port known that serves the pictures.
  const seeded = (await demo?.write(config.publicUrl ?? transport.url)) ?? false;
  return { url: transport.url, redisAway: redisUrl !== undefined && !pubsub.ready().redis, seeded };
}

type Shared = Base &
  Pick<TransportOptions, 'pubsub' | 'redis' | 'own' | 'isAllowedOrigin'> & {
    readonly signals: Signals;
    readonly services: Services;
  };

function startWorker({ eventRetryDelay }: Config, { services, pubsub, signals, ...base }: Shared): Worker {
  const { notifier, payout, recorder } = services;
  return new Worker({
    ...base,
    signals,
    notifier,
    payout,
    recorder,
    outbox: pubsub.outbox,
    retryDelay: eventRetryDelay,
    onApplied: () => signals.notify(appliedChannel),
  });
}

function serve(config: Config, shared: Shared, demo: DemoData | undefined): Promise<Transport> {
  const { log, database, pubsub, services } = shared;
  const noteActive = (accountId: string) => services.activity.note(accountId);
  return startTransport({
    ...shared,
    config,
    applied: services.applied,
    providers: services.providers,
    schema: buildSchema(resolverClasses, createResolvers(services)),
    authenticate: createAuthenticate(services.accessTokens, services.liveSessions, noteActive),
    isLive: createIsLive(services.liveSessions, noteActive),
    watchSession: watchSessions(pubsub.feed, services.liveSessions, log),
    checks: {
      database: () => database.checkWritable(),
      ...(config.redisUrl !== undefined && { redis: () => pubsub.checkRedis() }),
      ...(demo && { demoData: () => demo.check() }),
    },
    pictures: demoPictures(),
    graphiqlDir: fileURLToPath(new URL('../dist/graphiql/', import.meta.url)),
  });
}
