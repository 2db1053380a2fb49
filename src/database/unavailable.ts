import { sqlStateOf } from './sql-state.ts';

/**
 * SQLSTATE classes and codes by which PostgreSQL says that it cannot serve now (manual, appendix A): it is shutting
 * down or full, a statement or a lock took too long, or it takes no writes.
 */
const unavailableStates = /^(08...|53...|57P0[1-5]|57014|55P03|25P0[34]|25006)$/;
const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** node-postgres gives these errors no code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Cannot use a pool after calling end|driver has already been destroyed)/;

/** Whether the database is unreachable, full, silent, restarting or read-only, so that a retry may succeed. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlStateOf(error);
  if (state !== undefined && unavailableStates.test(state)) return true;
  if ('code' in error && typeof error.code === 'string' && unavailableErrnos.has(error.code)) return true;
  return unavailableMessages.test(error.message) || isDatabaseUnavailable(error.cause);
}
