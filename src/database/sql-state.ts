/** The SQLSTATE of an error of the driver or of MikroORM; undefined if it has none. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Each SQLSTATE has a digit; Node's EPIPE has none.
  const isState = /^(?=.*\d)[0-9A-Z]{5}$/;
  if ('code' in error && typeof error.code === 'string' && isState.test(error.code)) return error.code;
  return sqlStateOf(error.cause);
}

/** Whether a row had a value that has to be unique and exists: unique_violation (PostgreSQL manual, appendix A). */
export function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}
