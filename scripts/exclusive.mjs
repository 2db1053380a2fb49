/**
 * Lets only one bootstrap at a time install or build, because two servers may be started at once on a fresh
 * clone. `npm ci` does not lock its folder, Node has no file locks, and a library for them would have to be
 * installed under this lock.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruptedCode, StepFailed, stopRequested } from './process.mjs';
import { root } from './project.mjs';

/** In milliseconds. No install takes this long: an older lock was left by a killed process. */
const STALE = 15 * 60_000;

/** The lock is outside the clone, whose `node_modules` and `dist` come and go. */
const lock = join(tmpdir(), `questline-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`);

/**
 * Does some work while no other bootstrap of this clone does.
 *
 * @param {() => Promise<void>} work
 */
export async function exclusively(work) {
  while (!taken()) {
    if (stopRequested()) throw new StepFailed('stopped', interruptedCode());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function taken() {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    if (isStale()) rmSync(lock, { force: true });
    return false;
  }
}

function isStale() {
  const stats = statSync(lock, { throwIfNoEntry: false });
  if (!stats) return false;
  const holder = Number(readFileSync(lock, 'utf8'));
  // The lock was just created, and its holder has not been written into it yet.
  if (holder === 0) return Date.now() - stats.mtimeMs > 1_000;
  return Date.now() - stats.mtimeMs > STALE || !isAlive(holder);
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
