import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type pg from 'pg';
import { inject } from 'vitest';
import { sqlStateOf } from '../../src/database/sql-state.ts';
import { fillSchema, withClient } from './postgres.ts';

/** An empty folder; the end of the run removes it, and stops the servers that have their data in it. */
export function createFolder(): Promise<string> {
  return mkdtemp(join(inject('folder'), 'test-'));
}

export interface TestDatabase {
  /** For the role `questline`, which owns it. */
  readonly url: string;
  /** Lets processes connect to it again; or cuts off those that are connected, and lets nobody in. */
  admit(allowed: boolean): Promise<void>;
  /** Ends whatever is connected to it. */
  drop(): Promise<void>;
}

/** The locales of databases that the tests know, by what `create database` says of them. */
const locales = {
  C: `locale_provider libc locale 'C'`,
  'C.UTF-8': `locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'`,
  /** Of ICU's locales the one whose small letters are the most its own. */
  Turkish: `locale_provider icu icu_locale 'tr-TR' locale 'C'`,
} as const;

export type Locale = keyof typeof locales;

/**
 * A database as init.sql makes it, of this caller alone; the caller drops it, at the latest the end of the run does.
 * @param locale left out, the server's own, which takes the least time
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
 * PostgreSQL waits some seconds for sessions that are just being closed; they must not be cut off, for a client that is
 * closing hears of it as an error. Who stays longer is cut off.
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
  /** A database of its own on the tests' server; on one that REDIS_URL names, the one that it names. */
  readonly url: string;
  /** For the names of channels, which know no databases, and for keys on a server that others use. */
  readonly namespace: string;
}

/** A place in the Redis of the tests in which nobody else reads or writes. */
export async function createRedisSpace(): Promise<TestRedisSpace> {
  const url = new URL(inject('redisUrl'));
  const databases = inject('redisDatabases');
  const namespace = `test-${randomUUID()}`;
  if (databases === 0) return { url: url.href, namespace };
  const client = new Redis(url.href);
  try {
    // The first database counts those that were given away.
    url.pathname = String(1 + ((await client.incr('test:databases')) % (databases - 1)));
  } finally {
    client.disconnect();
  }
  return { url: url.href, namespace };
}
