import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { AccessTokens } from '../../src/auth/access-token.ts';
import { Credentials } from '../../src/auth/credentials.ts';
import { InProcessGuesses } from '../../src/auth/in-process-guesses.ts';
import { loadKeys } from '../../src/auth/keys.ts';
import { Passwords } from '../../src/auth/password.ts';
import { RefreshTokens } from '../../src/auth/refresh-token.ts';
import type { SessionLeases } from '../../src/auth/session-leases.ts';
import { guessLimits, Throttle } from '../../src/auth/throttle.ts';
import { createAuthenticate } from '../../src/auth/viewer.ts';
import { openDatabase } from '../../src/database/database.ts';
import { statement } from '../../src/database/statement.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { entities } from '../../src/entities/index.ts';
import { Outbox } from '../../src/pubsub/outbox.ts';
import { AccountService, type SignUpFields } from '../../src/services/account.service.ts';
import { Admission } from '../../src/services/admission.ts';
import { guessAudit } from '../../src/services/guess-audit.ts';
import { LiveSessions } from '../../src/services/live-sessions.ts';
import type { OwnEventRecorder } from '../../src/services/recorder.ts';
import { SessionService } from '../../src/services/session.service.ts';
import { createDatabase } from '../setup/services.ts';

const noteEvent = statement(
  'test_note_event',
  `insert into audit_event (action, subject_id, detail) values ($1, $2, $3)`,
);

/** Writes to a table other than the pipeline's, to show that it shares the transaction. */
const recorder: OwnEventRecorder = {
  recordOwn: (tx, ...events) =>
    tx.beforeCommit(async () => {
      for (const { accountId, eventType, data } of events)
        await tx.query(noteEvent, [eventType, accountId, data]);
    }),
};

/** Without leases PostgreSQL is read every time, so that what a test writes there takes effect at once. */
const noLeases: SessionLeases = {
  find: async () => null,
  renew: (_sessionId, ask) => ask(),
  withdraw: async () => true,
};

export const refreshTokenTtl = 30 * 86_400_000;
export const password = 'plum violin harbour';
export const device = { userAgent: 'Test/1.0', ipAddress: '192.0.2.1' };

/** All identity services on a new database, with a clock that a test sets. */
export async function openIdentity() {
  const { url, drop } = await createDatabase();
  const log = pino({ level: 'silent' });
  const database = await openDatabase({ url, entities, log, poolSize: 20 });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = await loadKeys({
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    secret: randomBytes(32).toString('base64'),
    previousPublicKeys: [],
    dataDir: tmpdir(),
  });
  const clock = { ahead: 0 };
  const common = { keys, issuer: 'https://questline.test', now: () => Date.now() + clock.ahead };
  const accessTokens = new AccessTokens({ ...common, ttl: 900_000 });
  const refreshTokens = new RefreshTokens(common);
  const newLiveSessions = () => new LiveSessions(database, noLeases);
  const live = newLiveSessions();
  const sessions = new SessionService({
    database,
    live,
    accessTokens,
    refreshTokens,
    refreshTokenTtl,
    outbox: new Outbox(() => undefined),
    now: common.now,
  });
  const passwords = new Passwords();
  const credentials = new Credentials({
    database,
    passwords,
    throttle: new Throttle({ own: new InProcessGuesses(guessLimits), log }),
    noteFailure: guessAudit(database, log),
  });
  const accounts = new AccountService({
    database,
    passwords,
    credentials,
    sessions,
    admission: new Admission(sessions, recorder),
    recorder,
  });

  async function rows<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const name = `test_${createHash('sha1').update(text).digest('hex')}`;
    return database.query(statement<Row>(name, text), values);
  }
  async function count(from: string, values: unknown[] = []) {
    const [row] = await rows<{ count: number }>(`select count(*)::int as count from ${from}`, values);
    return row?.count;
  }
  async function signUp(fields: Partial<SignUpFields> = {}) {
    const input = newPerson(fields);
    return { ...input, ...granted(await accounts.signUp(input, device)) };
  }
  async function accountOf(accountId: string) {
    const [row] = await rows<AccountRow>(
      `select username, email, display_name as "displayName", avatar_url as "avatarUrl", role, status,
        time_zone as "timeZone", password_hash as "passwordHash" from account where id = $1`,
      [accountId],
    );
    return row;
  }
  const authenticate = createAuthenticate(accessTokens, live, () => undefined);
  return {
    database,
    clock,
    accessTokens,
    refreshTokens,
    sessions,
    live,
    newLiveSessions,
    passwords,
    accounts,
    rows,
    count,
    signUp,
    refresh: (refreshToken: string) => sessions.refresh(refreshToken, device),
    signIn: (login: string, given = password) => accounts.signIn({ login, password: given }, device),
    accountOf,
    /** The audit events recorded for an account, in order. */
    recordedOf: (accountId: string) =>
      rows<{ action: string; detail: object }>(
        `select action, detail from audit_event where subject_id = $1 and action like 'user.%' order by id`,
        [accountId],
      ),
    async viewerOf(accessToken: string) {
      const viewer = await authenticate(`Bearer ${accessToken}`);
      if (viewer === null) throw new Error('Nobody is signed in.');
      return viewer;
    },
    /** Resolves once a statement in this database waits for a lock. */
    async untilSomeoneWaits() {
      const waits = `pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      while ((await count(waits)) === 0);
    },
    async close() {
      await database.close();
      await drop();
    },
  };
}

export type Identity = Awaited<ReturnType<typeof openIdentity>>;

interface AccountRow {
  username: string;
  email: string | null;
  displayName: string;
  avatarUrl: string | null;
  role: string;
  status: string;
  timeZone: string;
  passwordHash: string | null;
}

/** A username that nobody has. */
export const newName = () => `u${randomBytes(6).toString('hex')}`;

/** What a person enters to sign up. */
export function newPerson(fields: Partial<SignUpFields> = {}) {
  const username = newName();
  return { email: `${username}@example.com`, username, password, timeZone: 'UTC', ...fields };
}

/** The result, if it is not a refusal. */
export function granted<Result>(result: Result | Refusal): Result {
  if (result instanceof Refusal) throw new Error(`Refused: ${JSON.stringify(result.errors)}`);
  return result;
}

/** Codes and fields of a refusal. */
export function refused(result: unknown): [code: string, field: string | null][] {
  if (!(result instanceof Refusal)) throw new Error('It was not refused.');
  return result.errors.map(({ code, field }) => [code, field?.join('.') ?? null]);
}
