/** The SQLSTATE of a driver's or MikroORM's error; undefined where it carries none. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Each SQLSTATE has a digit; what Node calls EPIPE has none.
  const isState = /^(?=.*\d)[0-9A-Z]{5}$/;
  if ('code' in error && typeof error.code === 'string' && isState.test(error.code)) return error.code;
  return sqlStateOf(error.cause);
}

/** Whether a row would have had a value that only one may have: unique_violation (PostgreSQL manual, appendix A). */
export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}
