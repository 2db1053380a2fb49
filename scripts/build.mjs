/**
 * `dist/`: the compiled server and the bundle of GraphiQL, which tsc and esbuild rebuild if they are older
 * than their sources. tsc can tell by itself (`--incremental`) but esbuild cannot, so one kind of stamp
 * serves both.
 */
import { existsSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { exclusively } from './exclusive.mjs';
import { filesOf, fingerprint, hasStamp, writeStamp } from './fingerprint.mjs';
import { dist, root, runTool, succeed } from './project.mjs';

const parts = [
  {
    name: 'Compiling',
    stamp: join(dist, '.server.sha256'),
    output: join(dist, 'server.js'),
    inputs: ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    make: compile,
  },
  {
    name: 'Bundling GraphiQL',
    stamp: join(dist, '.graphiql.sha256'),
    output: join(dist, 'graphiql', 'index.html'),
    inputs: ['graphiql', 'examples/operations', 'package-lock.json'],
    make: bundleGraphiql,
  },
];

/** Builds what is missing or older than its sources. */
export async function ensureBuilt() {
  if (parts.every(isFresh)) return;
  await exclusively(async () => {
    for (const part of parts) if (!isFresh(part)) await make(part);
  });
}

/**
 * Removes the compiler's stamp: from now on a watching compiler writes into dist/, and the next start cannot
 * know what it left there.
 */
export function leaveToWatcher() {
  for (const { stamp, make } of parts) if (make === compile) rmSync(stamp, { force: true });
}

/** Builds everything again. */
export async function build() {
  await exclusively(async () => {
    for (const part of parts) await make(part);
  });
}

/** @param {(typeof parts)[number]} part */
async function make(part) {
  console.log(`${part.name} …`);
  const hash = hashOf(part);
  // Without its stamp, a part that is half built is built again by the next start.
  rmSync(part.stamp, { force: true });
  await part.make();
  writeStamp(part.stamp, hash);
}

/** @param {(typeof parts)[number]} part */
function isFresh(part) {
  return existsSync(part.output) && hasStamp(part.stamp, hashOf(part));
}

/** @param {(typeof parts)[number]} part */
function hashOf(part) {
  return fingerprint(part.inputs.map((path) => join(root, path)));
}

async function compile() {
  await succeed('Compiling src/', runTool('typescript', 'tsc', ['-p', join(root, 'tsconfig.build.json')]));
  for (const file of filesOf(dist)) if (isLeftOver(file)) rmSync(file);
}

/** Whether a file was compiled from a source that is no longer in src/. @param {string} file */
function isLeftOver(file) {
  const source = relative(dist, file).replace(/\.js(\.map)?$/, '.ts');
  return !source.startsWith('graphiql') && source.endsWith('.ts') && !existsSync(join(root, 'src', source));
}

async function bundleGraphiql() {
  // Imported only now, because dependencies have to be installed first.
  const { buildGraphiql } = await import('../graphiql/build.mjs');
  await buildGraphiql({ outDir: join(dist, 'graphiql') });
}
