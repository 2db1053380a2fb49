/**
 * The entry of all npm scripts: `node scripts/run.mjs <command> [arguments]`.
 *
 * Runs on Node 20 and without dependencies, because a fresh clone has none: it installs what is missing,
 * builds what is stale, and continues with the Node 24 of the `node` package. npm alone does none of the
 * three.
 */
import { join } from 'node:path';
import { problemOf } from '../bench/benchmarks.mjs';
import { build, ensureBuilt, leaveToWatcher } from './build.mjs';
import { check } from './check.mjs';
import { findCommand, help, overview } from './commands.mjs';
import { ensureInstalled } from './install.mjs';
import {
  endedByStop,
  interruptedCode,
  quietAfterSignals,
  StepFailed,
  stopChildren,
  stopRequested,
  watchSignals,
} from './process.mjs';
import { dist, root, runNode, runTool } from './project.mjs';
import { test, testFuzz, testLong, testModel } from './test.mjs';

/**
 * What each command does. Returns its exit code; nothing means 0.
 * @type {Record<string, (args: string[]) => Promise<number | void>>}
 */
const actions = {
  start: async (args) => {
    await ensureBuilt();
    return runNode(join(dist, 'server.js'), args);
  },
  test,
  'test:fuzz': testFuzz,
  'test:model': testModel,
  'test:long': testLong,
  check,
  dev,
  build,
  codegen: compiled('codegen'),
  'db:migrate': compiled('db-migrate'),
  'db:seed': compiled('db-seed'),
  'db:reset': compiled('db-reset'),
  bench: async (args) => {
    await ensureBuilt();
    await ensureInstalled(join(root, 'bench'));
    return runNode(join(root, 'bench', 'run.ts'), args);
  },
  'user:create': compiled('user-create'),
};

/** Commands that run until they are stopped: a signal is how they normally end. */
const servers = new Set(['start', 'dev']);

watchSignals();
process.exitCode = await main(process.argv.slice(2));
await quietAfterSignals();

/** @param {string[]} argv @returns {Promise<number>} the exit code */
async function main([name = '', ...args]) {
  const command = findCommand(name);
  if (!command) {
    console.error(overview());
    return name === '' || name === '--help' ? 0 : 1;
  }
  if (args.includes('--help')) {
    console.log(help(command));
    return 0;
  }
  const problem = problemWith(command, args);
  if (problem) {
    console.error(problem);
    return 1;
  }
  const code = await attempt(name, args);
  return servers.has(name) && endedByStop(code) ? 0 : code;
}

/**
 * What is wrong with the arguments, as far as that is known before anything is installed.
 *
 * @param {import('./commands.mjs').Command} command
 * @param {string[]} args
 */
function problemWith({ name, usage, bare }, args) {
  if (name === 'bench') return problemOf(args);
  // Arguments that are not options go to the server, which refuses them itself.
  const own = name === 'start' ? args.filter((arg) => arg.startsWith('-')) : args;
  const given = [...own, ...(servers.has(name) ? withoutDashes() : [])];
  if (!bare || given.length === 0) return undefined;
  const settings = 'The settings are variables, such as PORT=4001; .env.example lists them.';
  return `${usage} takes no arguments (${given.join(' ')}). ${settings}`;
}

/** npm takes `npm start --port 3` as its own option and turns it into a variable. @returns {string[]} */
function withoutDashes() {
  return ['port', 'host'].flatMap((name) => {
    const value = process.env[`npm_config_${name}`];
    return value ? [`--${name} ${value}`] : [];
  });
}

/** @param {string} name @param {string[]} args @returns {Promise<number>} the exit code */
async function attempt(name, args) {
  try {
    await ensureInstalled();
    return (await actions[name]?.(args)) ?? 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    if (stopRequested()) return interruptedCode();
    console.error(`\n${error.message}`);
    return error.exitCode;
  }
}

/** A command whose code is `src/commands/<file>.ts`. @param {string} file @returns {(args: string[]) => Promise<number>} */
function compiled(file) {
  return async (args) => {
    await ensureBuilt();
    return runNode(join(dist, 'commands', `${file}.js`), args);
  };
}

/**
 * Runs the compiler and the server, both watching; if one ends, the other does too. @param {string[]} args
 */
async function dev(args) {
  await ensureBuilt();
  leaveToWatcher();
  const both = [
    runTool('typescript', 'tsc', [
      '-p',
      join(root, 'tsconfig.build.json'),
      '--watch',
      '--preserveWatchOutput',
    ]),
    runNode(join(dist, 'server.js'), args, ['--watch']),
  ];
  const code = await Promise.race(both);
  stopChildren();
  await Promise.all(both);
  return code;
}
