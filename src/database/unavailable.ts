import { sqlStateOf } from './transaction.ts';

/** SQLSTATE classes and codes by which PostgreSQL says that it can't serve now (manual, appendix A). */
const unavailableStates = /^(08...|53...|57P0[1-5]|25P03)$/;
const unavailableErrnos = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** node-postgres gives these no code. */
const unavailableMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|driver has already been destroyed)/;

/** Whether the database could not be reached, is full or is restarting, so that the same may go well later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = sqlStateOf(error);
  if (state !== undefined && unavailableStates.test(state)) return true;
  if ('code' in error && typeof error.code === 'string' && unavailableErrnos.has(error.code)) return true;
  return unavailableMessages.test(error.message) || isDatabaseUnavailable(error.cause);
}
