/** `npm run bench -- latency`: starts a real server on a database of its own, measures, and prints what came out. */
import { cpus, loadavg } from 'node:os';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { table } from './figures.ts';
import { measureLiveLatency } from './live-latency.ts';
import { startServer } from './server.ts';

/** What the contract promises (docs/contract/CONTRACT.md, "Live events"), ms. */
const promisedMedian = 50;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { events: { type: 'string', default: '300' } },
});
const events = Number(values.events);
if (!Number.isInteger(events) || events < 1) {
  console.error('--events: a whole number from 1 on is expected.');
  process.exit(1);
}

console.log(`${machine()}\n`);
const server = await startServer();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void server.stop().finally(() => process.exit(1)));
}
try {
  const latency = await measureLiveLatency(server.url, events);
  console.log(
    `Live latency: ${events} events, one after the other, from recordEvents to questCompleted; ms\n`,
  );
  console.log(
    table({
      'from the request to the frame': latency.fromRequest,
      'from the answer to the frame': latency.fromAnswer,
    }),
  );
  const { median } = latency.fromRequest;
  console.log(
    `\nThe commit lies between request and answer: its median to the frame is at most ${median.toFixed(1)} ms, ` +
      `${median < promisedMedian ? 'below' : 'NOT BELOW'} the ${promisedMedian} ms that are promised on an idle machine.`,
  );
} finally {
  await server.stop();
}

function machine(): string {
  const [first] = cpus();
  const load = loadavg()[0]?.toFixed(1);
  return `Node.js ${process.versions.node}, ${cpus().length} × ${first?.model.trim()}, load before the start ${load}`;
}
