/** The SQLSTATE of a driver's or MikroORM's error; undefined where it carries none. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Each SQLSTATE has a digit; what Node calls EPIPE has none.
  const isState = /^(?=.*\d)[0-9A-Z]{5}$/;
  if ('code' in error && typeof error.code === 'string' && isState.test(error.code)) return error.code;
  return sqlStateOf(error.cause);
}
