import { availableParallelism } from 'node:os';
import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';
import LongestFirst from './test/setup/longest-first.ts';

const ownTypes = 'test/schema/**/*.test.ts';

export default defineConfig({
  // Not the bundler's own compiler: this one gives decorators their metadata, as tsc does for dist/.
  plugins: [swc.vite()],
  // The file that Node.js gives the dependencies: the bundler would take index.mjs, and there must be only one graphql.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    setupFiles: ['test/setup/restore.ts'],
    globalSetup: ['test/setup/global-setup.ts'],
    reporters: ['default', './test/setup/closing-line.ts'],
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    // One for each core, not one less: the tests wait for the database and for each other's processes.
    maxWorkers: Math.max(2, availableParallelism()),
    // Two cores: a test that waits long is one that hangs, even while the other core does all it can.
    testTimeout: 40_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'questline',
          include: ['test/**/*.test.ts'],
          exclude: [ownTypes, '**/node_modules/**'],
          // Files share modules alone: to load those anew for each of them took a fifth of the time.
          isolate: false,
        },
      },
      // TypeGraphQL keeps all types of a process in one place, and these tests make some of their own.
      { extends: true, test: { name: 'schema', include: [ownTypes], isolate: true } },
    ],
  },
});
