/** `npm run bench`: runs one of the benchmarks, the first where none is named. */
import process from 'node:process';

const benchmarks = {
  latency: () => import('./latency.ts'),
  reads: () => import('./reads.ts'),
};

const names = Object.keys(benchmarks);
const [given] = process.argv.slice(2);
// Its options come after its name.
if (given === undefined || given.startsWith('-')) process.argv.splice(2, 0, 'latency');
const name = process.argv[2];
if (!isBenchmark(name)) {
  console.error(`There is no benchmark ${name}; there are ${names.join(', ')}.`);
  process.exit(1);
}
await benchmarks[name]();

function isBenchmark(text: string | undefined): text is keyof typeof benchmarks {
  return names.includes(text ?? '');
}
