import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { inject } from 'vitest';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { fillSchema, withClient } from './postgres.ts';

/** An empty folder. The end of the run removes it, and stops the servers that keep their data in it. */
export function createFolder(): Promise<string> {
  return mkdtemp(join(inject('folder'), 'test-'));
}

export interface TestDatabase {
  /** For the role `questline`, which owns the database. */
  readonly url: string;
  /** Allows connections again, or ends all connections and allows none. */
  admit(allowed: boolean): Promise<void>;
  /** Drops the database and ends all connections to it. */
  drop(): Promise<void>;
}

/** The locales of databases that the tests know, as options of `create database`. */
const locales = {
  C: `locale_provider libc locale 'C'`,
  'C.UTF-8': `locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'`,
  /** The ICU locale whose lower-case rules differ most from the others. */
  Turkish: `locale_provider icu icu_locale 'tr-TR' locale 'C'`,
} as const;

export type Locale = keyof typeof locales;

/**
 * A database as init.sql creates it, for this caller alone. The caller drops it; otherwise the end of the run does.
 * @param locale the server's own by default, which takes the least time
 */
export async function createDatabase(locale?: Locale): Promise<TestDatabase> {
  const admin = inject('postgresAdminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const from = locale === undefined ? 'questline' : `template0 encoding utf8 ${locales[locale]}`;
  await withClient(admin, (client) =>
    client.query(`create database ${name} owner questline template ${from}`),
  );
  const url = new URL(inject('postgresTemplateUrl'));
  url.pathname = name;
  if (locale !== undefined) await fillSchema(url.href);
  return {
    url: url.href,
    admit: (allowed) =>
      withClient(admin, async (client) => {
        await client.query(`alter database ${name} connection limit ${allowed ? -1 : 0}`);
        await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
          name,
        ]);
      }),
    drop: () => withClient(admin, (client) => drop(client, name)),
  };
}

/**
 * PostgreSQL waits some seconds for sessions that are just closing. They must not be cut off, because a closing client
 * would report an error. Sessions that stay longer are cut off.
 */
async function drop(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`drop database ${name}`);
  } catch (error) {
    if (sqlStateOf(error) !== objectInUse) throw error;
    await client.query(`drop database ${name} with (force)`);
  }
}

const objectInUse = '55006';

export interface TestRedisSpace {
  /** A database of its own on the tests' server; if REDIS_URL is set, the database that it names. */
  readonly url: string;
  /** A prefix for channel names, which are not per database, and for keys on a server that others use. */
  readonly namespace: string;
}

/** A place in the Redis of the tests that nobody else reads or writes. */
export async function createRedisSpace(): Promise<TestRedisSpace> {
  const url = new URL(inject('redisUrl'));
  const databases = inject('redisDatabases');
  const namespace = `test-${randomUUID()}`;
  if (databases === 0) return { url: url.href, namespace };
  const client = new Redis(url.href);
  try {
    // The first database counts those that were handed out.
    url.pathname = String(1 + ((await client.incr('test:databases')) % (databases - 1)));
  } finally {
    client.disconnect();
  }
  return { url: url.href, namespace };
}
