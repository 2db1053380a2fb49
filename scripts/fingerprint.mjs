/**
 * Stamps that tell whether the output made from some files is still up to date. File times do not tell that
 * after a checkout, and libraries that hash files would have to be installed first.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './project.mjs';

/**
 * A hash of files, and of all files below folders: their paths and their contents. Files that do not exist
 * are skipped.
 *
 * @param {readonly string[]} paths
 */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesOf)) {
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.digest('hex');
}

/** All files at or below a path, in a stable order. @param {string} path @returns {string[]} */
export function filesOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** @param {string} file @param {string} value */
export function hasStamp(file, value) {
  return statSync(file, { throwIfNoEntry: false }) !== undefined && readFileSync(file, 'utf8') === value;
}

/** @param {string} file @param {string} value */
export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}
