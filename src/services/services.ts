import { AccessTokens } from '../auth/access-token.ts';
import { Credentials } from '../auth/credentials.ts';
import { InProcessGuesses } from '../auth/in-process-guesses.ts';
import type { Keys } from '../auth/keys.ts';
import { Passwords } from '../auth/password.ts';
import { Provider } from '../auth/provider.ts';
import { RedisGuesses } from '../auth/redis-guesses.ts';
import { RedisLeases } from '../auth/redis-leases.ts';
import { RefreshTokens } from '../auth/refresh-token.ts';
import { InProcessLeases } from '../auth/session-leases.ts';
import { guessLimits, Throttle } from '../auth/throttle.ts';
import { WayBack, type WayBackOptions } from '../auth/way-back.ts';
import type { Database } from '../database/database.ts';
import type { SharedRedis } from '../database/redis.ts';
import type { Signals } from '../database/signals.ts';
import type { Logger } from '../logger.ts';
import type { ProviderSettings } from '../provider-settings.ts';
import type { Outbox } from '../pubsub/outbox.ts';
import { AccountService } from './account.service.ts';
import { Activity } from './activity.ts';
import { Admission } from './admission.ts';
import { AppliedEvents } from './applied-events.ts';
import { CollectionService } from './collection.service.ts';
import { CollectionPosts } from './collection-posts.ts';
import { CompletionService } from './completion.service.ts';
import { DeadLetterService } from './dead-letter.service.ts';
import { DeletionService } from './deletion.service.ts';
import { EventService } from './event.service.ts';
import { guessAudit } from './guess-audit.ts';
import { Identities } from './identities.ts';
import { LedgerService } from './ledger.service.ts';
import { Ledger } from './ledger.ts';
import { LinkService } from './link.service.ts';
import { LiveSessions } from './live-sessions.ts';
import { NotificationService } from './notification.service.ts';
import { Notifier } from './notifier.ts';
import { PasswordService } from './password.service.ts';
import type { TitleOf } from './password-notice.ts';
import { Payout } from './payout.ts';
import { PeopleService } from './people.service.ts';
import { PostService, type PostServiceOptions } from './post.service.ts';
import { ProductService } from './product.service.ts';
import { ProviderService } from './provider.service.ts';
import { PurchaseService } from './purchase.service.ts';
import { QuestService } from './quest.service.ts';
import { Recorder } from './recorder.ts';
import { RewardService } from './reward.service.ts';
import { SessionService } from './session.service.ts';

export interface ServicesOptions {
  readonly database: Database;
  readonly log: Logger;
  /** What the processes share; undefined if this one serves alone. */
  readonly redis: SharedRedis | undefined;
  readonly keys: Keys;
  readonly outbox: Outbox;
  readonly signals: Pick<Signals, 'listen'>;
  /** Wakes the workers of all processes. */
  readonly wakeWorkers: () => void;
  /** The claim `iss` of all tokens. */
  readonly issuer: string;
  /** Milliseconds. */
  readonly accessTokenTtl: number;
  /** Milliseconds. */
  readonly refreshTokenTtl: number;
  /** The providers through which people may sign in. */
  readonly providers: readonly ProviderSettings[];
  readonly wayBack: WayBackOptions;
  /** The most events in one call of `recordEvents`. */
  readonly mostEvents: number;
}

export type Services = ReturnType<typeof createServices>;

/** Creates every service of the process, and the few parts that they share. */
export function createServices(options: ServicesOptions) {
  const { database, outbox, wakeWorkers } = options;
  const recorder = new Recorder(wakeWorkers);
  const applied = new AppliedEvents(options);
  const ledger = new Ledger(outbox);
  const notifier = new Notifier(outbox);
  const payout = new Payout({ ledger, notifier, recorder });
  return {
    ...createPeopleServices(options, recorder, notifier),
    recorder,
    applied,
    activity: new Activity({ database, recorder, log: options.log }),
    payout,
    notifier,
    quests: new QuestService(database),
    rewards: new RewardService(database),
    ledger: new LedgerService({ database, ledger, notifier }),
    products: new ProductService(database),
    purchases: new PurchaseService({ database, ledger, notifier, recorder }),
    ...createContentServices({ database, outbox, notifier, recorder }),
    completions: new CompletionService({ database, payout }),
    events: new EventService({ database, recorder, applied, mostEvents: options.mostEvents }),
    deadLetters: new DeadLetterService({ database, wake: wakeWorkers }),
    notifications: new NotificationService(database),
  };
}

/** Posts, and the collections that people keep them in. */
function createContentServices(parts: Omit<PostServiceOptions, 'collectionPosts'>) {
  const options = { ...parts, collectionPosts: new CollectionPosts(parts) };
  return { posts: new PostService(options), collections: new CollectionService(options) };
}

/** The services for accounts, sessions and ways to sign in. */
function createPeopleServices(options: ServicesOptions, recorder: Recorder, notifier: Notifier) {
  const { database, redis, keys, outbox, issuer, refreshTokenTtl } = options;
  const passwords = new Passwords();
  const credentials = new Credentials({
    database,
    passwords,
    throttle: createThrottle(options),
    noteFailure: guessAudit(database, options.log),
  });
  const accessTokens = new AccessTokens({ keys, issuer, ttl: options.accessTokenTtl });
  const refreshTokens = new RefreshTokens({ keys, issuer });
  const liveSessions = new LiveSessions(database, redis ? new RedisLeases(redis) : new InProcessLeases());
  const sessions = new SessionService({
    database,
    live: liveSessions,
    accessTokens,
    refreshTokens,
    refreshTokenTtl,
    outbox,
  });
  const admission = new Admission(sessions, recorder);
  const providers = new Map(options.providers.map((settings) => [settings.name, new Provider(settings)]));
  const titleOf: TitleOf = (provider) => providers.get(provider)?.title ?? provider;
  const wayBack = new WayBack(options.wayBack);
  return {
    accessTokens,
    passwords,
    liveSessions,
    sessions,
    passwordChanges: new PasswordService({ database, credentials, passwords, sessions, notifier, titleOf }),
    accounts: new AccountService({ database, passwords, credentials, sessions, admission, recorder }),
    providers: new ProviderService({
      database,
      log: options.log,
      providers,
      wayBack,
      identities: new Identities(recorder, notifier),
      admission,
      sessions,
    }),
    links: new LinkService({ database, credentials, providers, titleOf, wayBack, sessions, notifier }),
    people: new PeopleService({ database, sessions, notifier }),
    deletions: new DeletionService({ database, credentials, sessions, outbox }),
  };
}

function createThrottle({ redis, log }: ServicesOptions): Throttle {
  return new Throttle({
    own: new InProcessGuesses(guessLimits),
    shared: redis && new RedisGuesses(redis, guessLimits),
    log,
  });
}
