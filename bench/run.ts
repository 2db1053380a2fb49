/** `npm run bench`: runs one of the benchmarks, the first one if none is named. */
import process from 'node:process';
import { problemOf, splitArguments } from './benchmarks.mjs';

const benchmarks = {
  latency: () => import('./latency.ts'),
  'fan-out': () => import('./fan-out.ts'),
  'slow-readers': () => import('./slow-readers.ts'),
  resume: () => import('./resume.ts'),
  logins: () => import('./logins.ts'),
  reads: () => import('./reads.ts'),
  attacks: () => import('./attacks.ts'),
  limits: () => import('./limits.ts'),
  overload: () => import('./overload.ts'),
  outages: () => import('./outages.ts'),
  kills: () => import('./kills.ts'),
  order: () => import('./order.ts'),
};

// Options follow the name of the benchmark. The bootstrap knows the same names and has already refused
// others.
const [name, args] = splitArguments(process.argv.slice(2));
if (!isBenchmark(name)) throw new Error(problemOf([name]) ?? `bench/run.ts does not have ${name}.`);
const { run } = await benchmarks[name]();
await run(args);

function isBenchmark(text: string): text is keyof typeof benchmarks {
  return Object.keys(benchmarks).includes(text);
}
