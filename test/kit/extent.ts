import process from 'node:process';

/**
 * How much a test does that could go on for ever.
 * @param extents `long` with `npm run test:long`, else `short`, for which `npm test` has the time
 */
export function extent<T>(extents: { readonly short: T; readonly long: T }): T {
  return process.env.TEST_LONG === 'true' ? extents.long : extents.short;
}
