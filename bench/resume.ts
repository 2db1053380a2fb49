import { setTimeout as pause } from 'node:timers/promises';
import { makeBed } from './fan-out/bed.ts';
import { wallClock } from './fan-out/protocol.ts';
import { startQuestline } from './fan-out/rivals.ts';
import { figuresOf } from './figures.ts';
import { ask } from './graphql.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

/**
 * `npm run bench -- resume`: many sockets reconnect at once, as after a restart, each with a cursor and some
 * missed events; also measures how that affects other requests. Every message is counted.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { sockets, missed } = wholeNumbers(args, { sockets: 5_000, missed: 100 });
  await using bed = await makeBed();
  const { url, socketUrl, publish, cpu } = await startQuestline(bed, { operations: [], people: 0 });
  const { liveCursor } = await ask<{ liveCursor: string }>(url, '{ liveCursor }');
  await publish(missed);
  await pause(1_000);
  const before = await cpu();
  const at = wallClock();
  const complete = bed.report('complete', 'resumed');
  bed.tell({
    type: 'connect',
    to: 'resumed',
    url: socketUrl,
    sockets,
    operations: [
      `subscription { postChanged(after: "${liveCursor}") { cursor action post { id title body author { username } } } }`,
    ],
    tokens: [],
    mute: false,
    missed,
  });
  const others = new AbortController();
  const delays = askUntil(others.signal, url);
  const { messages, lastAt } = await complete;
  others.abort();
  const { median, p99 } = figuresOf(await delays);
  const seconds = (Math.max(...lastAt) - at) / 1_000;
  console.log(
    `${machine()}; ${sockets} sockets come back, ${missed} events behind\n\n` +
      `  ${messages} messages in ${seconds.toFixed(1)} s, with the time to connect; ` +
      `${(((await cpu()) - before) / 1_000).toFixed(1)} s of CPU; ` +
      `a query beside them takes ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
  );
}

/** @returns how long each answer took, in ms */
async function askUntil(signal: AbortSignal, url: string): Promise<number[]> {
  const delays: number[] = [];
  while (!signal.aborted) {
    const at = performance.now();
    await ask(url, '{ posts(first: 10) { nodes { title } } }');
    delays.push(performance.now() - at);
    await pause(10);
  }
  return delays;
}
