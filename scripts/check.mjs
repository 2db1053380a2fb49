/**
 * The gates of `npm run check`, in order; CI runs the same ones. Biome, tsc and Vitest do the work. A library
 * that runs npm scripts would have to be installed first, and does not say how to fix what failed.
 */
import { join } from 'node:path';
import { build, ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { StepFailed, stopRequested } from './process.mjs';
import { dist, root, runNode, runTool, succeed } from './project.mjs';
import { test } from './test.mjs';

const gates = [
  {
    name: 'format and lint',
    run: () => {
      // Biome would write colors into a file too.
      const colors = process.stdout.isTTY ? [] : ['--colors=off'];
      return succeed('biome ci', runTool('@biomejs/biome', 'biome', ['ci', ...colors, root]));
    },
    remedy: 'npx biome check --write',
  },
  {
    name: 'types',
    run: async () => {
      await ensureInstalled(join(root, 'test', 'clients'));
      for (const config of ['tsconfig.json', 'graphiql/tsconfig.json', 'test/clients/tsconfig.json']) {
        await succeed(`tsc -p ${config}`, runTool('typescript', 'tsc', ['-p', join(root, config)]));
      }
    },
  },
  {
    name: 'schema and generated code unchanged',
    run: async () => {
      await ensureBuilt();
      await succeed('codegen --check', runNode(join(dist, 'commands', 'codegen.js'), ['--check']));
    },
    remedy: 'npm run codegen',
  },
  { name: 'tests', run: () => succeed('npm test', test([])) },
  { name: 'build', run: build },
];

/** Runs all gates. @throws {StepFailed} at the first that fails, with its name */
export async function check() {
  const started = Date.now();
  for (const [index, gate] of gates.entries()) {
    console.log(`\n[${index + 1}/${gates.length}] ${gate.name}`);
    await pass(gate);
  }
  console.log(`\nAll ${gates.length} gates passed in ${Math.round((Date.now() - started) / 1000)} s.`);
}

/** @param {(typeof gates)[number]} gate */
async function pass(gate) {
  try {
    await gate.run();
  } catch (error) {
    if (!(error instanceof StepFailed) || stopRequested()) throw error;
    const remedy = gate.remedy ? ` To fix it: ${gate.remedy}` : '';
    throw new StepFailed(`check stopped at "${gate.name}": ${error.message}.${remedy}`, error.exitCode);
  }
}
