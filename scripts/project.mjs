/**
 * Where things are in this project, and how its programs are run: on its own Node 24. npx would put another
 * npm and a shell in between.
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, StepFailed } from './process.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const nodeModules = join(root, 'node_modules');
export const dist = join(root, 'dist');

/** The Node.js of the `node` package, which everything but this bootstrap runs on. */
export const node = join(nodeModules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/**
 * Runs a JavaScript file on Node 24.
 *
 * @param {string} file
 * @param {readonly string[]} [args]
 * @returns {Promise<number>} its exit code
 */
export function runNode(file, args = [], flags = /** @type {string[]} */ ([])) {
  return run(node, [...flags, file, ...args], { cwd: root, env: environment() });
}

/**
 * Runs a program of a dependency on Node 24, without a shell or npx.
 *
 * @param {string} packageName
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code
 */
export function runTool(packageName, program, args) {
  const { bin } = JSON.parse(readFileSync(join(nodeModules, packageName, 'package.json'), 'utf8'));
  return runNode(join(nodeModules, packageName, typeof bin === 'string' ? bin : bin[program]), args);
}

/** @param {string} what @param {Promise<number>} exitCode */
export async function succeed(what, exitCode) {
  const code = await exitCode;
  if (code !== 0) throw new StepFailed(`${what} failed (exit code ${code})`, code);
}

function environment() {
  const bin = join(nodeModules, '.bin');
  const path = process.env.PATH ?? '';
  const plain = !process.stdout.isTTY && process.env.FORCE_COLOR === undefined;
  return {
    ...process.env,
    // Colors are for terminals: Vitest would write them into a file too.
    ...(plain ? { NO_COLOR: '1' } : {}),
    PATH: path.split(delimiter).includes(bin) ? path : [bin, path].join(delimiter),
    // Keeps compiled code of the dependencies between starts, so that the server is ready sooner.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(nodeModules, '.cache', 'node-compile'),
  };
}

/** Whether Node 24 is installed; nothing runs without it. */
export function hasNode() {
  return existsSync(node);
}
