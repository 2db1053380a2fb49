import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import {
  configuredProviders,
  missingOfProviders,
  type ProviderSettings,
  providerVariables,
} from './provider-settings.ts';
import { weaknessOfDatabaseUrl, weaknessOfPrivateKey, weaknessOfSecret } from './secret-strength.ts';

/** Every setting of the process, parsed and checked. Durations are in milliseconds, sizes in bytes. */
export type Config = ReturnType<typeof toConfig>;

/** Everything that is wrong with the settings, one line each, beginning with the variable's name. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/**
 * Reads the settings once: the environment, then `.env.local`, then `.env`. The first that names a variable wins.
 * @throws ConfigError with every mistake at once
 */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  return parseConfig({ ...readEnvFile('.env'), ...readEnvFile('.env.local'), ...environment });
}

/** @throws ConfigError with every mistake at once */
export function parseConfig(variables: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable counts as not set: shells and Compose files write unset variables like this.
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  const parsed = settings.safeParse(given);
  const ofProviders = providerVariables.safeParse(given);
  const issues = [...(parsed.error?.issues ?? []), ...(ofProviders.error?.issues ?? [])];
  const malformed = issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const problems = [...malformed, ...missing(given)];
  if (problems.length === 0 && given.NODE_ENV === 'production') problems.push(...weak(given));
  if (!parsed.success || !ofProviders.success || problems.length > 0) throw new ConfigError(problems);
  return toConfig(parsed.data, configuredProviders(ofProviders.data));
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const duration = z
  .string()
  .regex(/^\d{1,9}(ms|s|m|h|d)$/, 'must be a duration, such as 500ms, 30s, 15m, 12h or 30d')
  .transform((text) => {
    const unit = text.replace(/\d+/, '') as keyof typeof unitMs;
    return Number.parseInt(text, 10) * unitMs[unit];
  })
  .refine((ms) => ms > 0, 'must be longer than 0');

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value <= max, `must be at most ${max}`);

/** 0 lifts a limit. */
const limit = (standard: number) =>
  wholeNumber(Number.MAX_SAFE_INTEGER)
    .default(standard)
    .transform((value) => (value === 0 ? Number.POSITIVE_INFINITY : value));

const flag = z
  .string()
  .regex(/^(true|false|1|0|on|off)$/, 'must be true or false')
  .transform((text) => text === 'true' || text === '1' || text === 'on');

const url = (...protocols: string[]) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
    .refine(isDecodable, 'write % as %25, and / in a password as %2F');

/** Drivers decode the user, the password and the path, and throw if that fails. */
function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}

/** How much of `X-Forwarded-For` is trusted: all of it, nothing, the last so many hops, or hops of these networks. */
const trustedProxies = z.string().transform((text, { addIssue }) => {
  const trimmed = text.trim();
  if (/^(true|on)$/.test(trimmed)) return true;
  if (/^(false|off|0)$/.test(trimmed)) return false;
  if (/^\d{1,2}$/.test(trimmed)) return Number(trimmed);
  const networks = trimmed.split(',').map((network) => network.trim());
  if (networks.every(isNetwork)) return networks;
  addIssue('must be true, false, a number of hops, or networks separated by commas, such as 10.0.0.0/8');
  return z.NEVER;
});

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  // /0, which is every address, is not a network here: write `true` instead.
  return /^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

const hostNames = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim().toLowerCase()))
  .refine(
    (names) => names.every((name) => /^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)),
    'must be host names without a port, separated by commas, such as api.example.com or *.example.com',
  );

const origins = z
  .string()
  .transform((text) => text.split(',').map((origin) => origin.trim()))
  .refine(
    (list) => list.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
    'must be origins separated by commas, such as https://app.example.com',
  );

const pemPrivateKey = z
  .string()
  .transform((text) => text.replaceAll('\\n', '\n'))
  .refine((text) => isP256(() => createPrivateKey(text)), 'must be an ES256 private key in PEM');

const pemPublicKeys = z
  .string()
  .transform(
    (text) =>
      text.replaceAll('\\n', '\n').match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g) ?? [],
  )
  .refine(
    (keys) => keys.length > 0 && keys.every((key) => isP256(() => createPublicKey(key))),
    'must be one or more ES256 public keys in PEM',
  );

function isP256(read: () => KeyObject): boolean {
  try {
    return read().asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

const base64Secret = z
  .string()
  .refine(
    (text) => /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length === 32,
    'must be 32 random bytes in base64',
  );

const settings = z.object({
  NODE_ENV: z
    .enum(['development', 'test', 'production'], 'must be development, test or production')
    .default('development'),
  HOST: z.string().default('127.0.0.1'),
  PORT: wholeNumber(65_535).default(4000),
  DATABASE_URL: url('postgres:', 'postgresql:').optional(),
  DATABASE_POOL: wholeNumber(1_000)
    .default(20)
    .refine((size) => size > 1, 'must be at least 2'),
  DATA_DIR: z.string().default('.data'),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  REDIS_PREFIX: z.string().max(100).default('questline:'),
  ROLE: z.enum(['all', 'api', 'worker'], 'must be all, api or worker').default('all'),
  JWT_PRIVATE_KEY: pemPrivateKey.optional(),
  JWT_PREVIOUS_PUBLIC_KEYS: pemPublicKeys.default([]),
  JWE_SECRET: base64Secret.optional(),
  ACCESS_TOKEN_TTL: duration.default(15 * unitMs.m),
  REFRESH_TOKEN_TTL: duration.default(30 * unitMs.d),
  PUBLIC_URL: url('http:', 'https:').optional(),
  CORS_ORIGINS: origins.optional(),
  TRUST_PROXY: trustedProxies.default(false),
  ALLOWED_HOSTS: hostNames.optional(),
  TRUSTED_DOCUMENTS: z.enum(['off', 'only'], 'must be off or only').default('off'),
  GRAPHIQL: flag.optional(),
  LIMIT_DEPTH: limit(10),
  LIMIT_ALIASES: limit(30),
  LIMIT_DIRECTIVES: limit(5),
  LIMIT_TOKENS: limit(2_000),
  LIMIT_COST: limit(5_000),
  LIMIT_ANSWER: limit(8 * 1024 * 1024),
  LIMIT_BODY: limit(1024 * 1024),
  LIMIT_MESSAGE: limit(64 * 1024),
  LIMIT_SUBSCRIPTIONS: limit(100),
  LIMIT_OPERATIONS: limit(50),
  LIMIT_LIVE_USER: limit(500),
  LIMIT_LIVE_ADDRESS: limit(1_000),
  LIMIT_SOCKETS_USER: limit(20),
  LIMIT_SOCKETS_ADDRESS: limit(1_000),
  LIMIT_RATE_USER: limit(2_000),
  LIMIT_RATE_ADDRESS: limit(5_000),
  LIMIT_EVENTS: limit(1_000),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be fatal, error, warn, info, debug, trace or silent',
    )
    .default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http:', 'https:').optional(),
  SEED_DEMO: flag.optional(),
  LIVE_RETENTION: duration.default(7 * unitMs.d),
  EVENT_RETRY_DELAY: duration.default(100),
  STOP_GRACE: duration.default(2 * unitMs.s),
});
type Settings = z.output<typeof settings>;

/** The names of all variables that are read. */
export const variableNames: readonly string[] = [
  ...Object.keys(settings.shape),
  ...Object.keys(providerVariables.shape),
];

/** Variables that are required because of the values of others. */
function missing(given: Readonly<Record<string, string | undefined>>): string[] {
  const needed: Readonly<Record<string, string | false>> = {
    DATABASE_URL: given.NODE_ENV === 'production' && 'is required in production',
    JWT_PRIVATE_KEY: given.NODE_ENV === 'production' && 'is required in production',
    JWE_SECRET: given.NODE_ENV === 'production' && 'is required in production',
    ...Object.fromEntries(missingOfProviders(given)),
  };
  return Object.entries(needed).flatMap(([name, why]) =>
    why !== false && given[name] === undefined ? [`${name}: ${why}`] : [],
  );
}

/** Secrets that are well formed, but known to others. */
function weak(given: Readonly<Record<string, string | undefined>>): string[] {
  const { JWE_SECRET = '', JWT_PRIVATE_KEY = '', DATABASE_URL = '' } = given;
  const weaknesses = {
    JWE_SECRET: weaknessOfSecret(JWE_SECRET),
    JWT_PRIVATE_KEY: weaknessOfPrivateKey(JWT_PRIVATE_KEY.replaceAll('\\n', '\n')),
    DATABASE_URL: weaknessOfDatabaseUrl(DATABASE_URL),
  };
  return Object.entries(weaknesses).flatMap(([name, why]) =>
    why === undefined ? [] : [`${name}: ${why}; generate your own as described in README.md ("Deploying")`],
  );
}

function toConfig(given: Settings, providers: readonly ProviderSettings[]) {
  const production = given.NODE_ENV === 'production';
  return {
    production,
    host: given.HOST,
    port: given.PORT,
    databaseUrl: given.DATABASE_URL,
    databasePool: given.DATABASE_POOL,
    dataDir: given.DATA_DIR,
    redisUrl: given.REDIS_URL,
    redisPrefix: given.REDIS_PREFIX,
    servesApi: given.ROLE !== 'worker',
    appliesEvents: given.ROLE !== 'api',
    jwtPrivateKey: given.JWT_PRIVATE_KEY,
    jwtPreviousPublicKeys: given.JWT_PREVIOUS_PUBLIC_KEYS,
    jweSecret: given.JWE_SECRET,
    accessTokenTtl: given.ACCESS_TOKEN_TTL,
    refreshTokenTtl: given.REFRESH_TOKEN_TTL,
    /** If undefined: http://HOST:PORT, once the port is known. */
    publicUrl: given.PUBLIC_URL?.replace(/\/$/, ''),
    /** If undefined: none in production; in development, any on this machine. */
    corsOrigins: given.CORS_ORIGINS,
    /** How much of `X-Forwarded-For` is trusted: all, nothing, the last so many hops, or hops of these networks. */
    trustProxy: given.TRUST_PROXY,
    /** Names that `Host` may have. If undefined: any in production; in development, this machine and IP addresses. */
    allowedHosts: given.ALLOWED_HOSTS,
    /** Whether only the documents in the manifest are executed. */
    trustedDocumentsOnly: given.TRUSTED_DOCUMENTS === 'only',
    /** The providers that people may sign in through. */
    providers,
    graphiql: given.GRAPHIQL ?? !production,
    introspection: given.GRAPHIQL ?? !production,
    limits: toLimits(given),
    logLevel: given.LOG_LEVEL,
    seedDemo: given.SEED_DEMO ?? !production,
    liveRetention: given.LIVE_RETENTION,
    eventRetryDelay: given.EVENT_RETRY_DELAY,
    stopGrace: given.STOP_GRACE,
  };
}

/** Infinity lifts a limit. */
function toLimits(given: Settings) {
  return {
    depth: given.LIMIT_DEPTH,
    aliases: given.LIMIT_ALIASES,
    directives: given.LIMIT_DIRECTIVES,
    tokens: given.LIMIT_TOKENS,
    cost: given.LIMIT_COST,
    answer: given.LIMIT_ANSWER,
    body: given.LIMIT_BODY,
    message: given.LIMIT_MESSAGE,
    subscriptions: given.LIMIT_SUBSCRIPTIONS,
    operations: given.LIMIT_OPERATIONS,
    liveOfUser: given.LIMIT_LIVE_USER,
    liveOfAddress: given.LIMIT_LIVE_ADDRESS,
    socketsOfUser: given.LIMIT_SOCKETS_USER,
    socketsOfAddress: given.LIMIT_SOCKETS_ADDRESS,
    rateOfUser: given.LIMIT_RATE_USER,
    rateOfAddress: given.LIMIT_RATE_ADDRESS,
    events: given.LIMIT_EVENTS,
  };
}

function readEnvFile(path: string): NodeJS.Dict<string> {
  if (!existsSync(path)) return {};
  try {
    return parseEnv(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `${path}: cannot be read (${String(error)}); make it a file that this user may read`,
    ]);
  }
}
