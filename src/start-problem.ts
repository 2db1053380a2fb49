import type { Config } from './config.ts';
import { sqlStateOf } from './database/sql-state.ts';
import { isDatabaseUnavailable } from './database/unavailable.ts';
import { UnusableSetting } from './unusable-setting.ts';

/**
 * A problem that the person who started the process can fix: one sentence that names the variable and says what to do.
 * It contains no secrets.
 * @returns undefined if the failure is not such a problem, and has to be investigated
 */
export function startProblem(
  error: unknown,
  { databaseUrl }: Pick<Config, 'databaseUrl'>,
): string | undefined {
  if (error instanceof UnusableSetting) return error.message;
  if (databaseUrl === undefined) return undefined;
  const sentence = sentenceOf(error, new URL(databaseUrl));
  return sentence === undefined ? undefined : `DATABASE_URL: ${sentence}`;
}

function sentenceOf(error: unknown, url: URL): string | undefined {
  const server = url.searchParams.get('host') ?? `${url.hostname || 'localhost'}:${url.port || '5432'}`;
  const user = decode(url.username) || 'of this process';
  const database = decode(url.pathname.slice(1)) || user;
  const said = lastMessage(error);
  switch (sqlStateOf(error)) {
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} refuses the user ${user} (${said}); correct the name or the password.`;
    case '3D000':
      return `PostgreSQL at ${server} has no database ${database}; create it, or correct the name.`;
    case '42501':
    // For a user who may use no schema, there is none.
    case '3F000':
      return `the user ${user} lacks rights in the database ${database} (${said}); make that user its owner.`;
    case '53300':
      return `PostgreSQL at ${server} has no free connection; close others, raise its max_connections, or lower DATABASE_POOL.`;
    case '25006':
      return `PostgreSQL at ${server} is read-only; use the primary server instead of a standby.`;
    default:
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'open')
    return `a file that it names cannot be read (${said}); correct sslrootcert, sslcert or sslkey.`;
  if (/SSL|TLS|certificate/i.test(said))
    return `cannot connect to PostgreSQL at ${server} over TLS (${said}); correct sslmode or the certificate.`;
  if (isDatabaseUnavailable(error))
    return `PostgreSQL does not answer at ${server} (${said}); start it, or correct the address.`;
  return undefined;
}

/** The message of PostgreSQL or the system, on one line: an error that wraps another says less. */
function lastMessage(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return lastMessage(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return lastMessage(error.cause);
  return error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
}

/** Decodes a part of a URL; returns it as it is if it is not well encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
