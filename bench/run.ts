/** `npm run bench`: runs one of the benchmarks, the first where none is named. */
import process from 'node:process';

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
};

// Its options come after its name.
const [first = '', ...others] = process.argv.slice(2);
const [name, args] =
  first === '' || first.startsWith('-') ? ['latency', [first, ...others]] : [first, others];
if (!isBenchmark(name)) {
  console.error(`There is no benchmark ${name}; there are ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}
const { run } = await benchmarks[name]();
await run(args.filter((arg) => arg !== ''));

function isBenchmark(text: string): text is keyof typeof benchmarks {
  return Object.keys(benchmarks).includes(text);
}
