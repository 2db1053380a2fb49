import { ensureBuilt } from './build.mjs';
import { runTool } from './project.mjs';

/**
 * Run the tests; some start whole servers, which run from dist/.
 *
 * @param {readonly string[]} args for Vitest
 * @returns {Promise<number>} its exit code
 */
export async function test(args) {
  await ensureBuilt();
  return runTool('vitest', 'vitest', ['run', ...args]);
}
