import { table } from './figures.ts';
import { measureLiveLatency } from './live-latency.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';
import { withServer } from './server.ts';

/** The promise of the contract (docs/contract/CONTRACT.md, "Live events"), in ms. */
const promisedMedian = 50;

/** `npm run bench -- latency`: how long a live event takes from its commit to the socket. */
export async function run(args: readonly string[]): Promise<void> {
  const { events } = wholeNumbers(args, { events: 300 });
  console.log(`${machine()}\n`);
  const { fromRequest, fromAnswer } = await withServer(({ url }) => measureLiveLatency(url, events));
  console.log(
    `Live latency: ${events} events, one after the other, from recordEvents to questCompleted; ms\n`,
  );
  console.log(
    table({ 'from the request to the frame': fromRequest, 'from the answer to the frame': fromAnswer }),
  );
  const { median } = fromRequest;
  console.log(
    `\nThe commit lies between request and answer: its median to the frame is at most ${median.toFixed(1)} ms, ` +
      `${median < promisedMedian ? 'below' : 'NOT BELOW'} the ${promisedMedian} ms that are promised on an idle machine.`,
  );
}
