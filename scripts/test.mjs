/**
 * The tests. Vitest runs them; this first builds what some of them start, and reads the options of the long
 * runs.
 */
import { parseArgs } from 'node:util';
import { ensureBuilt } from './build.mjs';
import { StepFailed } from './process.mjs';
import { runTool } from './project.mjs';

/** On a machine that is otherwise idle. */
const usually = 'about 15 minutes on two cores, less on more';

/**
 * Runs the tests; some start whole servers, which run from dist/.
 *
 * @param {readonly string[]} args for Vitest
 * @returns {Promise<number>} its exit code
 */
export async function test(args) {
  await ensureBuilt();
  if (args.length === 0) console.log(`All tests take ${usually}. One file: npm test -- test/migrate.test.ts`);
  return runTool('vitest', 'vitest', ['run', ...args]);
}

/**
 * Runs only the fuzzed requests, more of them than `npm test` does.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export function testFuzz(args) {
  return testMany('test/fuzz', { cases: ['FUZZ_CASES', '100000'], seed: ['FUZZ_SEED', undefined] }, args);
}

/**
 * Runs only the model, more often than `npm test` does.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export function testModel(args) {
  return testMany('test/model', { runs: ['MODEL_RUNS', '1000'], seed: ['MODEL_SEED', undefined] }, args);
}

/**
 * Runs the tests that kill and cut off processes, for longer than `npm test` does.
 *
 * @returns {Promise<number>} its exit code
 */
export function testLong() {
  process.env.TEST_LONG = 'true';
  return test(['test/processes']);
}

/**
 * @param {string} folder
 * @param {Readonly<Record<string, readonly [variable: string, usual: string | undefined]>>} numbers
 * @param {readonly string[]} args
 */
function testMany(folder, numbers, args) {
  const options = Object.fromEntries(
    Object.keys(numbers).map((name) => [name, { type: /** @type {const} */ ('string') }]),
  );
  const { values } = parsed(args, options);
  for (const [name, [variable, usual]] of Object.entries(numbers)) {
    const value = values[name] ?? usual;
    if (value === undefined) continue;
    if (!/^\d{1,9}$/.test(String(value))) throw new StepFailed(`--${name}: must be a whole number.`);
    process.env[variable] = String(value);
  }
  return test([folder]);
}

/** @param {readonly string[]} args @param {import('node:util').ParseArgsOptionsConfig} options */
function parsed(args, options) {
  try {
    return parseArgs({ args: [...args], options });
  } catch (error) {
    throw new StepFailed(error instanceof Error ? error.message : String(error));
  }
}
