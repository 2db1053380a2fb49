/**
 * Dependencies: `npm ci` installs them if they are missing or differ from package-lock.json. npm has no
 * command that does so only if needed: `npm ci` always removes `node_modules` and starts again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { exclusively } from './exclusive.mjs';
import { fingerprint, hasStamp, writeStamp } from './fingerprint.mjs';
import { run, StepFailed } from './process.mjs';
import { hasNode, node, nodeModules, root, succeed } from './project.mjs';

/** Runs `npm ci` if the dependencies differ from package-lock.json. @param {string} [folder] with a lock */
export async function ensureInstalled(folder = root) {
  if (isInstalled(folder)) return;
  await exclusively(async () => {
    if (isInstalled(folder)) return;
    console.log(`Installing dependencies${folder === root ? '' : ` of ${folder}`} …`);
    await succeed(
      'npm ci',
      npm(folder, ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']),
    );
    writeStamp(stampOf(folder), lockHash(folder));
  });
  if (!hasNode()) {
    throw new StepFailed(
      `${node} is missing: the install script of the package "node" did not run.\n` +
        'If npm is set to ignore scripts, run: npm rebuild --ignore-scripts=false',
      1,
    );
  }
}

/** @param {string} folder */
function isInstalled(folder) {
  if (!existsSync(join(folder, 'node_modules')) || (folder === root && !hasNode())) return false;
  const hash = lockHash(folder);
  if (hasStamp(stampOf(folder), hash)) return true;
  if (!matchesLock(folder)) return false;
  writeStamp(stampOf(folder), hash);
  return true;
}

/**
 * Whether the dependencies were already installed by hand: npm leaves a lock of what it installed in
 * `node_modules`.
 *
 * @param {string} folder
 */
function matchesLock(folder) {
  const left = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(left)) return false;
  const installed = JSON.parse(readFileSync(left, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  const missing = ([path, { optional, peer }]) => path !== '' && !optional && !peer && !installed[path];
  if (Object.entries(wanted).some(missing)) return false;
  return Object.entries(installed).every(([path, { version }]) => wanted[path]?.version === version);
}

/** @param {string} folder */
function lockHash(folder) {
  return fingerprint([join(folder, 'package-lock.json')]);
}

/** @param {string} folder */
function stampOf(folder) {
  return join(folder, 'node_modules', '.package-lock.sha256');
}

/**
 * Runs npm, if possible the one that started this script, on the Node.js that npm itself runs on: the one in
 * `node_modules` is gone while `npm ci` works. @param {string} folder @param {readonly string[]} args
 */
function npm(folder, args) {
  const { npm_execpath: npmPath, npm_node_execpath: npmNode, ...env } = process.env;
  const options = {
    cwd: folder,
    env: { ...env, PATH: pathWithoutProject() },
    stdio: /** @type {const} */ (['ignore', 'inherit', 'inherit']),
  };
  if (npmPath?.endsWith('npm-cli.js') && npmNode) return run(npmNode, [npmPath, ...args], options);
  return run('npm', args, { ...options, shell: process.platform === 'win32' });
}

function pathWithoutProject() {
  const path = process.env.PATH ?? '';
  return path
    .split(delimiter)
    .filter((folder) => !folder.startsWith(nodeModules))
    .join(delimiter);
}
