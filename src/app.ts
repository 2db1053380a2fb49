import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { type Keys, loadKeys } from './auth/keys.ts';
import { createAuthenticate, createIsLive } from './auth/viewer.ts';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { type Notifications, openNotifications } from './database/notifications.ts';
import { openConfiguredDatabase } from './database/open.ts';
import { openRedis, redisPrefixOf, type SharedRedis } from './database/redis.ts';
import { entities } from './entities/index.ts';
import { createLogger, type Logger } from './logger.ts';
import { eventsChannel, Worker } from './pipeline/worker.ts';
import { createPubSub, type PubSub } from './pubsub/pubsub.ts';
import { createResolvers, resolverClasses } from './resolvers/index.ts';
import { buildSchema } from './schema/build-schema.ts';
import { DemoData } from './seed/demo.ts';
import { demoPictures } from './seed/pictures.ts';
import { appliedChannel } from './services/applied-events.ts';
import { createServices, type Services, type ServicesOptions } from './services/services.ts';
import { Sweeper } from './services/sweeper.ts';
import { createMetrics, type Metrics } from './transport/metrics.ts';
import { type IsAllowedOrigin, type OwnAddress, originRule } from './transport/origins.ts';
import { currentRequestId } from './transport/request-scope.ts';
import { startTransport, type Transport } from './transport/transport.ts';
import { watchSessions } from './transport/watch-sessions.ts';

export interface App {
  /** Where it serves: `http://host:port`. */
  readonly url: string;
  readonly log: Logger;
  /** Whether there is a REDIS_URL, and no Redis there when the start was over. */
  readonly redisAway: boolean;
  /** Whether this start made the demo data. */
  readonly seeded: boolean;
  /** One orderly stop, whoever asks for it and however often. */
  close(): Promise<void>;
}

/** How long what runs may take to end in order, beside the time that sockets are given, in ms. */
const longestEnd = 4_500;

/** What has been opened, to be closed in the opposite order, within a time. */
class Openings {
  readonly #patience: number;
  readonly #closers: (() => Promise<void>)[] = [];
  #giveUp: () => void = () => undefined;
  #closed: Promise<void> | undefined;

  /** @param patience ms, after which it is given up what the others may be waiting for */
  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Says how it is given up: all that waits for it ends then. */
  whenLate(giveUp: () => void): void {
    this.#giveUp = giveUp;
  }

  add<T>(opened: T, close: (opened: T) => Promise<void>): T {
    this.#closers.push(() => close(opened));
    return opened;
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  /** Each is closed, whatever becomes of the others; the first failure is told. */
  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    const timer = setTimeout(() => this.#giveUp(), this.#patience);
    for (const close of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    clearTimeout(timer);
    if (failures.length > 0) throw failures[0];
  }
}

/**
 * Starts Questline as the settings say, and returns once it serves.
 * @throws where a part can't be started; what was started by then has been stopped again
 */
export async function createApp(config: Config): Promise<App> {
  const log = createLogger(config.logLevel, currentRequestId);
  const openings = new Openings(config.stopGrace + longestEnd);
  try {
    return await open(config, log, openings);
  } catch (error) {
    await openings
      .close()
      .catch((failure: unknown) => log.error({ err: failure }, 'a part could not be stopped'));
    throw error;
  }
}

async function open(config: Config, log: Logger, openings: Openings): Promise<App> {
  const metrics = createMetrics();
  const keys = await loadKeys({
    privateKey: config.jwtPrivateKey,
    previousPublicKeys: config.jwtPreviousPublicKeys,
    secret: config.jweSecret,
    dataDir: config.dataDir,
  });
  const onStatement = metrics.countStatement;
  const database = openings.add(
    await openConfiguredDatabase(config, { entities, log, onStatement }),
    (opened) => opened.close(),
  );
  openings.whenLate(() => {
    log.warn('PostgreSQL keeps the stop waiting: what still waits for it is given up');
    database.abandon();
  });
  await migrate(database, log);
  const notifications = openings.add(openNotifications({ database, log }), (opened) => opened.close());
  const pubsub = openings.add(await openPubSub(config, log, database, notifications), (opened) =>
    opened.close(),
  );
  const redis = await openSharedRedis(config, log, database);
  if (redis !== undefined) openings.add(redis, (opened) => opened.close());
  const own: OwnAddress = { url: config.publicUrl };
  const isAllowedOrigin = originRule(config, own);
  const services = createServicesOf(config, {
    log,
    database,
    keys,
    pubsub,
    notifications,
    redis,
    wayBack: { isAllowedOrigin, publicUrl: () => addressOf(own) },
  });
  openings.add(services.activity, (opened) => opened.close());
  if (config.appliesEvents) {
    const worker = startWorker(config, { log, database, notifications, pubsub, services });
    openings.add(worker, (opened) => opened.close());
  }
  openings.add(new Sweeper({ database, log }), (opened) => opened.close());
  const demo = config.seedDemo ? new DemoData(database, services.passwords) : undefined;
  const serving = { log, metrics, database, redis, keys, pubsub, services, demo, own, isAllowedOrigin };
  const transport = openings.add(await serve(config, serving), (opened) => opened.close());
  // The first to be closed: whoever waits is answered, and the transport has less to wait for.
  openings.add(services.applied, async (opened) => opened.close());
  // Only now is the port known, at which its pictures are.
  const seeded = (await demo?.write(config.publicUrl ?? transport.url)) ?? false;
  const redisAway = config.redisUrl !== undefined && !pubsub.ready().redis;
  return { url: transport.url, log, redisAway, seeded, close: () => openings.close() };
}

function openPubSub(
  config: Config,
  log: Logger,
  database: Database,
  notifications: Notifications,
): Promise<PubSub> {
  return createPubSub({
    database,
    notifications,
    log,
    redisUrl: config.redisUrl,
    redisPrefix: config.redisPrefix,
    retentionMs: config.liveRetention,
  });
}

/** For what processes share besides live events; undefined where this one serves alone. */
async function openSharedRedis(
  { redisUrl, redisPrefix }: Config,
  log: Logger,
  database: Database,
): Promise<SharedRedis | undefined> {
  if (redisUrl === undefined) return undefined;
  return openRedis(redisUrl, await redisPrefixOf(database, redisPrefix), log);
}

/** @throws where it is asked for before the server listens, which no request does */
function addressOf({ url }: OwnAddress): string {
  if (url === undefined) throw new Error('The server does not listen yet.');
  return url;
}

interface Parts {
  readonly database: Database;
  readonly keys: Keys;
  readonly pubsub: PubSub;
}

/** Where nobody has said how the world calls this server, tokens are good for all its copies all the same. */
const defaultIssuer = 'questline';

function createServicesOf(
  config: Config,
  parts: Parts &
    Pick<ServicesOptions, 'log' | 'redis' | 'wayBack'> & { readonly notifications: Notifications },
): Services {
  const { pubsub, notifications, ...shared } = parts;
  return createServices({
    ...shared,
    providers: config.providers,
    outbox: pubsub.outbox,
    notifications,
    wakeWorkers: () => notifications.notify(eventsChannel),
    issuer: config.publicUrl ?? defaultIssuer,
    accessTokenTtl: config.accessTokenTtl,
    refreshTokenTtl: config.refreshTokenTtl,
    mostEvents: config.limits.events,
  });
}

interface Serving extends Parts {
  readonly redis: SharedRedis | undefined;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly services: Services;
  readonly demo: DemoData | undefined;
  readonly own: OwnAddress;
  readonly isAllowedOrigin: IsAllowedOrigin;
}

interface Applying extends Omit<Parts, 'keys'> {
  readonly log: Logger;
  readonly notifications: Notifications;
  readonly services: Services;
}

function startWorker(config: Config, { services, pubsub, ...rest }: Applying): Worker {
  const { notifier, payout, recorder } = services;
  return new Worker({
    ...rest,
    notifier,
    payout,
    recorder,
    outbox: pubsub.outbox,
    retryDelay: config.eventRetryDelay,
    onApplied: () => rest.notifications.notify(appliedChannel),
  });
}

function serve(
  config: Config,
  { log, metrics, database, redis, keys, pubsub, services, demo, own, isAllowedOrigin }: Serving,
): Promise<Transport> {
  const noteActive = (accountId: string) => services.activity.note(accountId);
  return startTransport({
    config,
    own,
    isAllowedOrigin,
    log,
    metrics,
    database,
    redis,
    pubsub,
    applied: services.applied,
    keys,
    providers: services.providers,
    schema: buildSchema(resolverClasses, createResolvers(services)),
    authenticate: createAuthenticate(services.accessTokens, services.liveSessions, noteActive),
    isLive: createIsLive(services.liveSessions, noteActive),
    watchSession: watchSessions(pubsub.feed, services.liveSessions, log),
    checks: {
      database: () => database.checkWritable(),
      ...(config.redisUrl !== undefined && { redis: async () => requireReady(pubsub) }),
      ...(demo && { demoData: () => demo.check() }),
    },
    pictures: demoPictures(),
    graphiqlDir: fileURLToPath(new URL('../dist/graphiql/', import.meta.url)),
  });
}

function requireReady(pubsub: PubSub): void {
  if (!pubsub.ready().redis) throw new Error('Redis is away.');
}
