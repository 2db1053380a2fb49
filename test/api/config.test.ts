import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '../../src/config.ts';
import { createFolder } from '../setup/services.ts';

const server = fileURLToPath(new URL('../../dist/server.js', import.meta.url));

/** The variables that the problems reported for these settings begin with. */
function problemsOf(variables: Record<string, string>): string[] {
  try {
    parseConfig(variables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) expect(error.message).toContain(`\n  ${problem}`);
    return error.problems.map((problem) => problem.split(': ')[0] ?? '');
  }
  return [];
}

const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const secrets = { JWT_PRIVATE_KEY: privateKey, JWE_SECRET: randomBytes(32).toString('base64') };
/** The example key of jwt.io. */
const publishedKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----`;
const production = { NODE_ENV: 'production', DATABASE_URL: 'postgres://db/questline', ...secrets };

describe('settings', () => {
  test('have the defaults that CONTRACT.md names', () => {
    const { limits, ...config } = parseConfig({});
    expect(config).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 4000,
      databaseUrl: undefined,
      dataDir: '.data',
      redisUrl: undefined,
      servesApi: true,
      appliesEvents: true,
      accessTokenTtl: 15 * 60_000,
      refreshTokenTtl: 30 * 86_400_000,
      corsOrigins: undefined,
      trustProxy: false,
      allowedHosts: undefined,
      trustedDocumentsOnly: false,
      graphiql: true,
      introspection: true,
      logLevel: 'info',
      seedDemo: true,
      liveRetention: 7 * 86_400_000,
    });
    expect(limits).toEqual({
      depth: 10,
      aliases: 30,
      directives: 5,
      tokens: 2_000,
      cost: 5_000,
      answer: 8 * 1024 * 1024,
      body: 1024 * 1024,
      message: 64 * 1024,
      subscriptions: 100,
      operations: 50,
      liveOfUser: 500,
      liveOfAddress: 1_000,
      socketsOfUser: 20,
      socketsOfAddress: 1_000,
      rateOfUser: 2_000,
      rateOfAddress: 5_000,
      events: 1_000,
    });
  });

  test.each([
    ['NODE_ENV', ['prod', 'Production']],
    ['PORT', ['-1', '65536', 'http', '80.5', '0x50']],
    ['DATABASE_URL', ['db.example.com', 'mysql://db/questline', 'postgres://a:50%off@db/questline']],
    ['REDIS_URL', ['localhost:6379', 'http://redis', 'redis://:50%off@redis']],
    ['ROLE', ['both', 'API']],
    ['JWT_PRIVATE_KEY', ['secret']],
    ['JWT_PREVIOUS_PUBLIC_KEYS', ['secret', privateKey]],
    ['JWE_SECRET', ['short', randomBytes(31).toString('base64'), randomBytes(33).toString('base64'), '{}']],
    ['ACCESS_TOKEN_TTL', ['15', '0s', '-1m', '1w', 'm']],
    ['REFRESH_TOKEN_TTL', ['forever']],
    ['PUBLIC_URL', ['example.com', 'ftp://example.com']],
    ['CORS_ORIGINS', ['*', 'https://a.example/', 'https://a.example,b.example']],
    [
      'TRUST_PROXY',
      ['yes', '-1', '100', '10.0.0.0/33', '::1/129', '0.0.0.0/0', '::/0', '10.0.0.0/8,proxy', 'localhost'],
    ],
    ['ALLOWED_HOSTS', ['https://a.example', 'a.example:80', 'a b', '*', 'a.example,']],
    ['TRUSTED_DOCUMENTS', ['true', 'all']],
    ['GRAPHIQL', ['yes']],
    ['GOOGLE_ISSUER', ['accounts.google.com']],
    ['LIMIT_DEPTH', ['-1', 'ten', '1e3', '']],
    ['LOG_LEVEL', ['verbose']],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', ['localhost:4318']],
    ['SEED_DEMO', ['maybe']],
    ['LIVE_RETENTION', ['7 days']],
  ])('%s is named where it is wrong', (variable, values) => {
    for (const value of values) {
      // An empty variable counts as not set.
      expect([value, problemsOf({ [variable]: value })]).toEqual([value, value === '' ? [] : [variable]]);
    }
  });

  test.each([
    ['true', true],
    ['on', true],
    ['false', false],
    ['0', false],
    ['1', 1],
    ['3', 3],
    ['10.0.0.0/8, ::1', ['10.0.0.0/8', '::1']],
  ])('TRUST_PROXY %s is understood', (text, expected) => {
    expect(parseConfig({ TRUST_PROXY: text }).trustProxy).toEqual(expected);
  });

  test('are all named at once where several are wrong', () => {
    expect(problemsOf({ PORT: 'x', REDIS_URL: 'x', LIMIT_COST: 'x' }).sort()).toEqual([
      'LIMIT_COST',
      'PORT',
      'REDIS_URL',
    ]);
  });

  test('are named whether they are wrong or missing, each once', () => {
    const mistakes = { NODE_ENV: 'production', PORT: 'x', JWE_SECRET: '{}' };
    expect(problemsOf(mistakes).sort()).toEqual(['DATABASE_URL', 'JWE_SECRET', 'JWT_PRIVATE_KEY', 'PORT']);
  });

  test('take no key but one for ES256', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const privateKey = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const publicKey = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(problemsOf({ JWT_PRIVATE_KEY: privateKey })).toEqual(['JWT_PRIVATE_KEY']);
    expect(problemsOf({ JWT_PREVIOUS_PUBLIC_KEYS: publicKey })).toEqual(['JWT_PREVIOUS_PUBLIC_KEYS']);
    expect(problemsOf({ JWT_PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----' })).toEqual(['JWT_PRIVATE_KEY']);
  });

  test('have no secret by default in production, neither demo data, GraphiQL nor introspection', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual(['DATABASE_URL', 'JWT_PRIVATE_KEY', 'JWE_SECRET']);
    const quiet = { production: true, graphiql: false, introspection: false, seedDemo: false };
    expect(parseConfig(production)).toMatchObject(quiet);
    expect(parseConfig({ ...production, GRAPHIQL: 'true' })).toMatchObject({
      graphiql: true,
      introspection: true,
    });
  });

  test('are named by the process too, before exit code 1', async () => {
    const child = spawn(process.execPath, [server], {
      cwd: await createFolder(),
      env: { PORT: 'x', REDIS_URL: 'y' },
    });
    const [[code], output, errors] = await Promise.all([
      once(child, 'exit'),
      text(child.stdout),
      text(child.stderr),
    ]);
    expect([code, output]).toEqual([1, '']);
    expect(errors).toMatch(/^Invalid settings:\n {2}PORT: .+\n {2}REDIS_URL: .+\n$/);
  });

  test('of Google go together', () => {
    expect(problemsOf({ GOOGLE_CLIENT_ID: 'x' })).toEqual(['GOOGLE_CLIENT_SECRET']);
    expect(problemsOf({ GOOGLE_CLIENT_SECRET: 'x' })).toEqual(['GOOGLE_CLIENT_ID']);
    expect(problemsOf({ GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'x' })).toEqual([]);
  });

  test.each([
    ['JWE_SECRET', Buffer.alloc(32).toString('base64')],
    ['JWE_SECRET', Buffer.alloc(32, 7).toString('base64')],
    ['JWE_SECRET', Buffer.from('changeme'.repeat(4)).toString('base64')],
    ['JWE_SECRET', Buffer.from('0123456789abcdefghijklmnopqrstuv').toString('base64')],
    ['JWE_SECRET', Buffer.from(Array.from({ length: 32 }, (_, n) => n)).toString('base64')],
    ['JWE_SECRET', 'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg'],
    ['JWE_SECRET', randomBytes(16).toString('base64')],
    ['JWE_SECRET', ''],
    ['JWT_PRIVATE_KEY', publishedKey],
    ['JWT_PRIVATE_KEY', ''],
    ['DATABASE_URL', 'postgres://questline:secret@localhost:5432/questline'],
  ])('in production %s is named if it is missing, short or an example: %#', (variable, value) => {
    expect(problemsOf({ ...production, [variable]: value })).toEqual([variable]);
  });

  test('in production good secrets are taken', () => {
    for (let n = 0; n < 100; n++)
      expect(problemsOf({ ...production, JWE_SECRET: randomBytes(32).toString('base64') })).toEqual([]);
  });

  test('never show a secret that is wrong', () => {
    for (const variable of ['JWT_PRIVATE_KEY', 'JWE_SECRET', 'DATABASE_URL', 'REDIS_URL']) {
      expect(() => parseConfig({ [variable]: 'hunter2-hunter2' })).toThrow(/^(?!.*hunter2)/s);
    }
  });

  test('lift a limit by 0, and read every unit of time', () => {
    expect(parseConfig({ LIMIT_DEPTH: '0' }).limits.depth).toBe(Number.POSITIVE_INFINITY);
    const given = { '500ms': 500, '2s': 2_000, '3m': 180_000, '4h': 14_400_000, '5d': 432_000_000 };
    for (const [ttl, ms] of Object.entries(given)) {
      expect(parseConfig({ ACCESS_TOKEN_TTL: ttl }).accessTokenTtl).toBe(ms);
    }
  });
});
