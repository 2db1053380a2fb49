import process from 'node:process';

/**
 * How much work a test does that could go on forever.
 * @param extents `long` applies with `npm run test:long`, otherwise `short`, which fits the time of `npm test`
 */
export function extent<T>(extents: { readonly short: T; readonly long: T }): T {
  return process.env.TEST_LONG === 'true' ? extents.long : extents.short;
}
