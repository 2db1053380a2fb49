import { setTimeout as pause } from 'node:timers/promises';
import { type Bed, makeBed } from './fan-out/bed.ts';
import { differentOperations, type Rival, startQuestline } from './fan-out/rivals.ts';
import { figuresOf } from './figures.ts';
import { machine } from './machine.ts';
import { wholeNumbers } from './options.ts';

const readers = 200;
const burst = 100;

/**
 * `npm run bench -- slow-readers`: what sockets that never read cost the server's memory, and the other
 * sockets. The same events are sent twice, without them and with them.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { events, mute } = wholeNumbers(args, { events: 100_000, mute: 200 });
  await using bed = await makeBed();
  const rival = await startQuestline(bed, { operations: differentOperations(1), people: 0 });
  await connect(bed, rival, 'readers', readers, false);
  console.log(`${machine()}; ${events} events in bursts of ${burst}, ${readers} sockets that read\n`);
  await measure(bed, rival, Math.min(events, 10_000));
  const alone = await measure(bed, rival, events);
  await connect(bed, rival, 'mute', mute, true);
  const beside = await measure(bed, rival, events);
  for (const [label, { delays, before, highest }] of Object.entries({
    'without others': alone,
    [`beside ${mute} that never read`]: beside,
  })) {
    const { median, p99 } = figuresOf(delays);
    console.log(
      `  ${label.padEnd(28)} to the last reader ${median.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms; ` +
        `memory from ${megabytes(before)} to at most ${megabytes(highest)} MB`,
    );
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

async function connect(bed: Bed, rival: Rival, to: string, sockets: number, mute: boolean): Promise<void> {
  const { socketUrl: url, operations, tokens } = rival;
  const connected = bed.report('connected', to);
  bed.tell({ type: 'connect', to, url, sockets, operations, tokens, mute });
  await connected;
  await pause(1_000);
}

async function measure(bed: Bed, rival: Rival, events: number) {
  const before = await rival.memory();
  let highest = before;
  const delays: number[] = [];
  for (let sent = 0; sent < events; sent += burst) {
    delays.push(...(await bed.deliver('readers', burst, rival.publish)).delays);
    highest = Math.max(highest, await rival.memory());
  }
  return { delays, before, highest };
}
